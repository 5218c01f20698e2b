import base from '../../vitest.config.ts'

/** The tests that are quick and stay within the process, or every mutant would wait for clocks and programs. */
const QUICK = [
  'attacks-{b,c,c-rejections,d,e1,j,k}',
  'assert-protected',
  'authorization-values',
  'bearer',
  'canonical',
  'check-options',
  'claims',
  'claims-recipes',
  'connection',
  'create-access-token',
  'create-access-token-sessions',
  'create-jwt-verifier-sessions',
  'issue',
  'live-sessions',
  'jwks',
  'memory-sessions',
  'mutation/contract',
  'mutation/loads',
  'options',
  'outcome',
  'refresh',
  'refresh-token',
  'rejection',
  'requirements',
  'resolve-sessions',
  'response-meta',
  'stream.{clock,rebound,sources}',
  'token-router',
  'token-router-sessions',
  'verified-tokens',
  'verify',
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
