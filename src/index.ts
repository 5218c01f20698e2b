export { assertProtected } from './assert-protected.ts'
export { createJwtTrivial } from './create-jwt-trivial.ts'
export { createJwtVerifier } from './create-jwt-verifier.ts'
export { memorySessions } from './memory-sessions.ts'
export { JwtRejection, jwtErrorData, rejectionTexts } from './rejection.ts'
export type { AssertProtectedOptions } from './assert-protected.ts'
export type { Bearer, BearerContext } from './bearer.ts'
export type { Claims, RegisteredClaims, UntypedClaims } from './claims.ts'
export type { AccessTokenOptions, CreateAccessToken } from './create-access-token.ts'
export type { JwtIssuer, JwtTrivial, SessionControls } from './create-jwt-trivial.ts'
export type { JwtVerifier } from './create-jwt-verifier.ts'
export type { Duration } from './duration.ts'
export type { NamedJwk, PublicKeySet } from './jwk.ts'
export type { HmacAlgorithm, JwtAlgorithm, KeyPairAlgorithm } from './keys.ts'
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
} from './options.ts'
export type { MemorySessions, MemorySessionsOptions } from './memory-sessions.ts'
export type { Outcome, Retfunc, TokenIdentity } from './outcome.ts'
export type { Protect, ProtectedProcedure } from './protect.ts'
export type { ClientReason, JwtErrorData, RejectionReason } from './rejection.ts'
export type { OptionalProtectOptions, ProtectOptions } from './requirements.ts'
export type { ResponseMeta, ResponseMetaOptions } from './response-meta.ts'
export type { NewSession, Rotation, SessionStore } from './sessions.ts'
export type {
  IssueAndRenew,
  IssuedToken,
  IssueOnly,
  RenewableToken,
  TokenRouter,
  TokenRouterTypes,
} from './token-router.ts'
