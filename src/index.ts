export { createJwtTrivial } from './create-jwt-trivial.ts'
export { createJwtVerifier } from './create-jwt-verifier.ts'
export { assertProtected } from './guard/assert-protected.ts'
export { rejectionTexts } from './outcome/rejection-reasons.ts'
export { JwtRejection, jwtErrorData } from './outcome/rejection.ts'
export { memorySessions } from './sessions/memory-sessions.ts'
export type { Bearer, BearerContext } from './bearer/create-context.ts'
export type {
  JwtTrivialOptions,
  JwtVerifierOptions,
  MaybePromise,
  Passphrase,
  SessionOptions,
  VerifierSessionOptions,
} from './config/options.ts'
export type { JwtIssuer, JwtTrivial, SessionControls } from './create-jwt-trivial.ts'
export type { JwtVerifier } from './create-jwt-verifier.ts'
export type { AssertProtectedOptions } from './guard/assert-protected.ts'
export type { Protect, ProtectedProcedure } from './guard/protect.ts'
export type { OptionalProtectOptions, ProtectOptions } from './guard/requirements.ts'
export type { ClaimsFor, DeepReadonly, OwnClaims } from './issue/authorised-claims.ts'
export type { AccessTokenOptions, CreateAccessToken } from './issue/create-access-token.ts'
export type {
  IssueAndRenew,
  IssuedToken,
  IssueOnly,
  TokenPair,
  TokenRouter,
  TokenRouterTypes,
} from './issue/token-router-types.ts'
export type { HmacAlgorithm, JwtAlgorithm, KeyPairAlgorithm } from './keys/algorithms.ts'
export type { NamedJwk, PublicKeySet } from './keys/jwk.ts'
export type { ClientReason, RejectionReason } from './outcome/rejection-reasons.ts'
export type { JwtErrorData } from './outcome/rejection.ts'
export type { Outcome, Retfunc, TokenIdentity } from './outcome/report-outcome.ts'
export type { ResponseMeta, ResponseMetaOptions } from './outcome/response-meta.ts'
export type { MemorySessions, MemorySessionsOptions } from './sessions/memory-sessions.ts'
export type { NewSession, Rotation, SessionStore } from './sessions/session-store.ts'
export type { Duration } from './time/duration.ts'
export type { Claims, RegisteredClaims, UntypedClaims } from './verify/claim-types.ts'
