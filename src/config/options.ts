import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { JSONWebKeySet, JWK } from 'jose'

import type { BearerContext } from '../bearer/create-context.ts'
import type { ClaimsFor } from '../issue/authorised-claims.ts'
import type { JwtAlgorithm } from '../keys/algorithms.ts'
import type { Retfunc } from '../outcome/report-outcome.ts'
import type { SessionStore } from '../sessions/session-store.ts'
import type { Duration } from '../time/duration.ts'
import type { UntypedClaims } from '../verify/claim-types.ts'

/** A value, or a promise of it. */
export type MaybePromise<T> = T | Promise<T>

/** A passphrase: a string, used as its UTF-8 bytes, or bytes. At least 32 bytes for HS256, 48 for HS384, 64 for HS512. */
export type Passphrase = string | Uint8Array

/** The options that `createJwtTrivial` and `createJwtVerifier` share. */
export interface CommonOptions<ClaimsIn extends object, ClaimsOut> {
  /**
   * The shared secret, as a string or bytes; make one with `openssl rand -base64 48`. Or an array: the first one signs, and all
   * of them verify. The type allows `undefined` for `process.env`; the value is refused at construction.
   */
  passphrase?: Passphrase | readonly (Passphrase | undefined)[] | undefined
  /**
   * Accepted algorithms. With a passphrase: those that it is long enough for; if you name one that it is too short for, that is
   * an error (`['HS256', 'HS384', 'HS512']`). With keys: those that the keys name.
   */
  algorithms?: readonly JwtAlgorithm[] | undefined
  /** Written into issued tokens as `iss`, and required of presented ones, exactly (none). */
  issuer?: string | undefined
  /** Written into issued tokens as `sub`, and required of presented ones, exactly (none). */
  subject?: string | undefined
  /**
   * Called with each outcome just before it is returned. It may return a `TRPCError` to send instead of a rejection (none).
   * Synchronous: if it throws or returns a promise, the call ends in INTERNAL_SERVER_ERROR.
   */
  retfunc?: Retfunc | undefined
  /** The tolerance for `exp` and `nbf`, in seconds, at most 300 (0). An `iat` may always be 5 seconds ahead. */
  clockTolerance?: number | undefined
  /**
   * A Standard Schema (zod, valibot, arktype …) of the app's claims. It checks them when a token is issued and when it comes
   * back, and types `ctx.jwt` (none). Its output must be a plain object.
   */
  claims?: StandardSchemaV1<ClaimsIn, ClaimsOut> | undefined
  /** How many verified tokens are remembered, at most 10 million (1000; 0 for none). */
  verifiedTokens?: number | undefined
  /** Returns the current time, for tests (the system's). */
  clock?: (() => Date) | undefined
}

/** The `sessions` option of `createJwtVerifier`. */
export interface VerifierSessionOptions {
  /** The store of the issuer. Only `isLive` is called. */
  store: Pick<SessionStore, 'isLive'>
  /** How long a live session is cached, in seconds, at most 3600 (0: each request asks the store). */
  cacheSeconds?: number | undefined
}

/**
 * The `sessions` option of `createJwtTrivial`: adds `token.refresh`, `token.revoke` and revocation. If you declare it apart from
 * an instance with a `claims` schema, its type is `SessionOptions<ClaimsFor<…>>` of the schema's input.
 */
export interface SessionOptions<Reauthorised = ClaimsFor<UntypedClaims>, Context = object> {
  /** Where sessions are kept: `memorySessions()`, `redisSessions(client)`, `postgresSessions(pool)` or your own store. */
  store: SessionStore
  /**
   * Called at each refresh, so that a change of role or a ban takes effect. Returns what `authorise` returns. `false`, `null`
   * and `undefined` end the session. If it throws, the session stays as it was.
   */
  reauthorise: (opts: { sub: string; sid: string; ctx: Context }) => MaybePromise<Reauthorised>
  /** The lifetime of a session, from the sign-in; renewals do not extend it (`'30d'`). */
  expiresIn?: Duration | undefined
  /**
   * How long after a rotation the previous refresh token is accepted, in seconds, at most 300 (10). For lost answers and
   * concurrent tabs. 0 is strict (RFC 9700 4.14.2).
   */
  grace?: number | undefined
  /** How long a live session is cached, in seconds, at most 3600 (0: each request asks the store). */
  cacheSeconds?: number | undefined
}

/** Options of `createJwtVerifier`. One of `passphrase`, `publicKeys` and `jwks` is required. */
export interface JwtVerifierOptions<
  ClaimsIn extends object = UntypedClaims,
  ClaimsOut = UntypedClaims,
> extends CommonOptions<ClaimsIn, ClaimsOut> {
  /** The public JWKs, each with `alg` and `kid`, whose tokens are accepted. */
  publicKeys?: readonly JWK[] | undefined
  /**
   * The key set of an identity provider, or its `https:` address (RFC 7517 5). It is fetched at the first use, and used for 10
   * minutes. Requires `issuer`, `audience` and `algorithms`.
   */
  jwks?: string | URL | JSONWebKeySet | undefined
  /**
   * Required of presented tokens; one match of an array is enough (none). A token with an `aud` is rejected if no audience is
   * configured (RFC 7519 4.1.3). Required with `jwks`: pass `null` if the provider's access tokens have no `aud`, and check
   * `client_id` or `azp` with a `claims` schema.
   */
  audience?: string | readonly string[] | null | undefined
  /** `'never'` accepts tokens without `exp` (`exp` is required). */
  expiresIn?: 'never' | undefined
  /** Rejects tokens whose session is over (sessions are not checked). */
  sessions?: VerifierSessionOptions | undefined
}

/** Options of `createJwtTrivial`. `authorise` and one of `passphrase` and `privateKey` are required. */
export interface JwtTrivialOptions<
  ClaimsIn extends object = UntypedClaims,
  ClaimsOut = UntypedClaims,
  CredentialsIn = void,
  CredentialsOut = undefined,
  Context extends object = BearerContext,
  Authorised = ClaimsFor<ClaimsIn>,
  Sessions = undefined,
> extends CommonOptions<ClaimsIn, ClaimsOut> {
  /** The algorithm that signs, one of `algorithms` (`'HS256'`). A private key names its own. */
  algorithm?: JwtAlgorithm | undefined
  /** A private JWK with `alg` and `kid` that signs instead of a passphrase: RS, PS, ES or EdDSA. */
  privateKey?: JWK | undefined
  /** The public JWKs of earlier private keys, whose tokens are still accepted. */
  publicKeys?: readonly JWK[] | undefined
  /**
   * Written into issued tokens as `aud`, and required of presented ones; one match of an array is enough (none). A token with
   * an `aud` is rejected if no audience is configured (RFC 7519 4.1.3).
   */
  audience?: string | readonly string[] | undefined
  /**
   * The lifetime of an access token: seconds, or a string such as `'15m'` (`'15m'`). `'never'` issues and accepts tokens without
   * `exp`.
   */
  expiresIn?: Duration | 'never' | undefined
  /** A Standard Schema of the input of `token.create` (no input: `authorise` looks at `ctx`). */
  credentials?: StandardSchemaV1<CredentialsIn, CredentialsOut> | undefined
  /**
   * Decides whether the caller gets a token. Returns the token's claims, `true` for a token without claims, or `false`, `null`
   * or `undefined` to refuse. Everybody who holds the token can read its claims. May throw a `TRPCError` of its own, such as
   * `TOO_MANY_REQUESTS`.
   */
  authorise: (opts: { input: CredentialsOut; ctx: Context }) => MaybePromise<Authorised>
  /** Adds refresh and revocation (none: tokens are valid until they expire). */
  sessions?: Sessions | undefined
}
