import base from '../../vitest.config.ts'

/** The tests that are quick and stay within the process. With the others every mutant would wait for clocks and programs. */
const QUICK = [
  'attacks/{alg-none,algorithm-confusion,altered-token-text,critical-extensions}',
  'attacks/{error-oracle,forged-claims,forged-signature,forged-times,hostile-payload,leaked-secrets}',
  'attacks/{mixed-batch,outlived-token-on-socket,refresh-token-as-access-token,smuggled-keys}',
  'attacks/{token-of-another-instance,token-type-confusion}',
  'bearer/*',
  'config/{jwks-option,resolve-options,resolve-sessions}',
  'docs/claims-recipes',
  'guard/{assert-protected,context-jwt,requirements,verifications}',
  'guard/guard-stream-{end,sources,token-change}',
  'issue/*',
  'keys/passphrase',
  'mutation/*',
  'outcome/*',
  'schema/check-options',
  'sessions/{session-liveness,memory-sessions,verifier-with-sessions}',
  'verify/{parse-claims,token-cache,token-shape,verify-token}',
]

export default {
  ...base,
  test: {
    ...base.test,
    include: QUICK.map((name) => `tests/${name}.test.ts`),
    isolate: false,
    typecheck: { enabled: false },
  },
}
