import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { JSONWebKeySet, JWK } from 'jose'

import type { BearerContext } from '../bearer/create-context.ts'
import type { UntypedClaims } from '../verify/claims.ts'
import type { Duration } from '../time/duration.ts'
import type { JwtAlgorithm } from '../keys/algorithms.ts'
import type { Retfunc } from '../outcome/report.ts'
import type { SessionStore } from '../sessions/session-store.ts'

/** A value, or a promise of it. */
export type MaybePromise<T> = T | Promise<T>

/** The same, all the way down, so that literals of a configuration keep their types. */
export type DeepReadonly<T> = { readonly [K in keyof T]: DeepReadonly<T[K]> }

/** A passphrase: text, taken as its UTF-8 bytes, or bytes. At least 32 of them for HS256, 48 for HS384, 64 for HS512. */
export type Passphrase = string | Uint8Array

/** The claims that an app puts into a token: those of its `claims` schema, `sub` and `scope`. */
export type OwnClaims<ClaimsIn> = DeepReadonly<ClaimsIn> & {
  readonly sub?: string
  readonly scope?: string | readonly string[]
}

/** What `authorise` may answer: claims, `true` for none (where the schema needs none), anything else here refuses. */
export type ClaimsFor<ClaimsIn> = OwnClaims<ClaimsIn> | ({} extends ClaimsIn ? true : false) | false | null | undefined

/** What a verifier and an issuer have in common. */
export interface CommonOptions<ClaimsIn extends object, ClaimsOut> {
  /**
   * The shared secret, as text or bytes: `openssl rand -base64 48` makes one. Or a list of them: the first signs, all verify.
   * `undefined` is in the type for `process.env`, and refused at construction.
   */
  passphrase?: Passphrase | readonly (Passphrase | undefined)[] | undefined
  /**
   * The algorithms accepted. With a passphrase (`['HS256', 'HS384', 'HS512']`, of which it serves those that it is long enough
   * for; in a list written here, one that it is too short for is an error). With keys (those that the keys name).
   */
  algorithms?: readonly JwtAlgorithm[] | undefined
  /** Written into issued tokens and required of presented ones, exactly (none). */
  issuer?: string | undefined
  /** Written into issued tokens and required of presented ones, exactly (none). */
  subject?: string | undefined
  /** Synchronous; sees each outcome just before it is returned, and may replace the error of a rejection (none). */
  retfunc?: Retfunc | undefined
  /** For `exp` and `nbf`, in seconds, at most 300 (0). An `iat` may be 5 seconds ahead whatever this says. */
  clockTolerance?: number | undefined
  /**
   * A Standard Schema (zod, valibot, arktype …) of the app's own claims: checks them both ways, and types `ctx.jwt` (none). What
   * it gives back must be a plain object.
   */
  claims?: StandardSchemaV1<ClaimsIn, ClaimsOut> | undefined
  /** How many verified tokens are remembered, so that each is verified once, at most 10 million (1000; 0: none). */
  verifiedTokens?: number | undefined
  /** The time, for tests (the system's). */
  clock?: (() => Date) | undefined
}

/** The `sessions` option of a verifier: whom to ask. */
export interface VerifierSessionOptions {
  /** Where the issuer keeps its sessions; only `isLive` is asked. */
  store: Pick<SessionStore, 'isLive'>
  /** How long a live session is believed without asking, in seconds, at most 3600 (0: each request asks). */
  cacheSeconds?: number | undefined
}

/**
 * The `sessions` option: turns on `token.refresh`, `token.revoke` and revocation. Written apart from an instance that has a
 * `claims` schema, it is `SessionOptions<ClaimsFor<…>>` of what that schema takes.
 */
export interface SessionOptions<Reauthorised = ClaimsFor<UntypedClaims>, Context = object> {
  /** Where sessions are kept: `memorySessions()`, `redisSessions(client)`, `postgresSessions(pool)` or your own. */
  store: SessionStore
  /**
   * Asked at each refresh, so that a change of role or a ban takes effect: answers as `authorise` does. `false`, `null` or
   * `undefined` end the session; if it throws, the session stays as it was.
   */
  reauthorise: (opts: { sub: string; sid: string; ctx: Context }) => MaybePromise<Reauthorised>
  /** How long a session lasts from its sign-in, however often it is renewed (`'30d'`). */
  expiresIn?: Duration | undefined
  /**
   * How long after a rotation the previous refresh token is forgiven, in seconds, at most 300 (10): for lost answers and
   * racing tabs. 0 is strict (RFC 9700 4.14.2).
   */
  grace?: number | undefined
  /** How long a live session is believed without asking, in seconds, at most 3600 (0: each request asks). */
  cacheSeconds?: number | undefined
}

/** Options of `createJwtVerifier`, the accepting half: one of `passphrase`, `publicKeys` and `jwks`. */
export interface JwtVerifierOptions<
  ClaimsIn extends object = UntypedClaims,
  ClaimsOut = UntypedClaims,
> extends CommonOptions<ClaimsIn, ClaimsOut> {
  /** The public JWKs, each with `alg` and `kid`, of those whose tokens are accepted. */
  publicKeys?: readonly JWK[] | undefined
  /**
   * The key set of an identity provider, or its `https:` address (RFC 7517 5): fetched at the first need, used for 10 minutes.
   * Asks for `issuer`, `audience` and `algorithms` to be written.
   */
  jwks?: string | URL | JSONWebKeySet | undefined
  /**
   * Required of presented tokens; of a list one match is enough (none). A token that carries `aud` where no audience is
   * configured is refused (RFC 7519 4.1.3). Beside `jwks` it must be written: `null` for a provider whose access tokens carry
   * none, and then the `claims` schema must check `client_id` or `azp`.
   */
  audience?: string | readonly string[] | null | undefined
  /** Write `'never'` to accept tokens without `exp` (they are refused). */
  expiresIn?: 'never' | undefined
  /** Refuses tokens whose session is over (none: tokens are good until they expire). */
  sessions?: VerifierSessionOptions | undefined
}

/** Options of `createJwtTrivial`: one of `passphrase` and `privateKey`, and `authorise`. */
export interface JwtTrivialOptions<
  ClaimsIn extends object = UntypedClaims,
  ClaimsOut = UntypedClaims,
  CredentialsIn = void,
  CredentialsOut = undefined,
  Context extends object = BearerContext,
  Authorised = ClaimsFor<ClaimsIn>,
  Sessions = undefined,
> extends CommonOptions<ClaimsIn, ClaimsOut> {
  /** Signs (`'HS256'`), and is one of `algorithms`. A private key names its own. */
  algorithm?: JwtAlgorithm | undefined
  /** A private JWK with `alg` and `kid` that signs, instead of a passphrase: RS, PS, ES or EdDSA. */
  privateKey?: JWK | undefined
  /** Public JWKs whose tokens are accepted beside the private key's own: those that signed before it. */
  publicKeys?: readonly JWK[] | undefined
  /**
   * Written into issued tokens and required of presented ones; of a list one match is enough (none). A token that carries
   * `aud` where no audience is configured is refused (RFC 7519 4.1.3).
   */
  audience?: string | readonly string[] | undefined
  /** How long an access token lives (`'15m'`): seconds or a text such as `'15m'`. `'never'` issues and accepts tokens without `exp`. */
  expiresIn?: Duration | 'never' | undefined
  /** A Standard Schema of what `token.create` takes (none: no input, `authorise` looks at `ctx`). */
  credentials?: StandardSchemaV1<CredentialsIn, CredentialsOut> | undefined
  /**
   * Your authorisation function: who is asking, and what may they carry? Answers the token's claims, `true` for a token
   * without any, or `false`, `null` or `undefined` to refuse. All that it answers is readable by whoever holds the token.
   * It may throw a `TRPCError` of its own (`TOO_MANY_REQUESTS`, say).
   */
  authorise: (opts: { input: CredentialsOut; ctx: Context }) => MaybePromise<Authorised>
  /** Turns on refresh and revocation (none: tokens are good until they expire). */
  sessions?: Sessions | undefined
}
