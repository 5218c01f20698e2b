export { assertProtected } from './guard/assert-protected.ts'
export { createJwtTrivial } from './create-jwt-trivial.ts'
export { createJwtVerifier } from './create-jwt-verifier.ts'
export { memorySessions } from './sessions/memory-sessions.ts'
export { JwtRejection, jwtErrorData, rejectionTexts } from './outcome/rejection.ts'
export type { AssertProtectedOptions } from './guard/assert-protected.ts'
export type { Bearer, BearerContext } from './bearer/create-context.ts'
export type { Claims, RegisteredClaims, UntypedClaims } from './verify/claims.ts'
export type { AccessTokenOptions, CreateAccessToken } from './issue/create-access-token.ts'
export type { JwtIssuer, JwtTrivial, SessionControls } from './create-jwt-trivial.ts'
export type { JwtVerifier } from './create-jwt-verifier.ts'
export type { Duration } from './time/duration.ts'
export type { NamedJwk, PublicKeySet } from './keys/jwk.ts'
export type { HmacAlgorithm, JwtAlgorithm, KeyPairAlgorithm } from './keys/algorithms.ts'
export type {
  ClaimsFor,
  DeepReadonly,
  JwtTrivialOptions,
  JwtVerifierOptions,
  MaybePromise,
  OwnClaims,
  Passphrase,
  SessionOptions,
  VerifierSessionOptions,
} from './config/options.ts'
export type { MemorySessions, MemorySessionsOptions } from './sessions/memory-sessions.ts'
export type { Outcome, Retfunc, TokenIdentity } from './outcome/report.ts'
export type { Protect, ProtectedProcedure } from './guard/protect.ts'
export type { ClientReason, JwtErrorData, RejectionReason } from './outcome/rejection.ts'
export type { OptionalProtectOptions, ProtectOptions } from './guard/requirements.ts'
export type { ResponseMeta, ResponseMetaOptions } from './outcome/response-meta.ts'
export type { NewSession, Rotation, SessionStore } from './sessions/session-store.ts'
export type {
  IssueAndRenew,
  IssuedToken,
  IssueOnly,
  TokenPair,
  TokenRouter,
  TokenRouterTypes,
} from './issue/token-router.ts'
