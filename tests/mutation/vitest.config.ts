import base from '../../vitest.config.ts'

/** The tests that are quick and stay within the process, or every mutant would wait for clocks and programs. */
const QUICK = [
  'attacks/{algorithm-confusion,altered-token-text,hostile-payload,forged-claims}',
  'attacks/{refresh-token-as-access-token,mixed-batch,outlived-token-on-socket,leaked-secrets}',
  'bearer/*',
  'config/{jwks-option,resolve-options,resolve-sessions}',
  'docs/claims-recipes',
  'guard/{assert-protected,requirements}',
  'guard/guard-stream-{end,sources,token-change}',
  'issue/*',
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
