/** The claims that the library writes and checks (RFC 7519 4.1, RFC 9068 2.2). */
export interface RegisteredClaims {
  /** The issuer of the token. */
  iss?: string
  /** The audience of the token. */
  aud?: string | string[]
  /** When the token expires, in seconds since 1970. */
  exp?: number
  /** When the token becomes valid, in seconds since 1970. */
  nbf?: number
  /** When the token was issued, in seconds since 1970. */
  iat?: number
  /** The name of this token: 128 random bits if this library issued it. */
  jti?: string
  /** The name of the session that the token belongs to. */
  sid?: string
  /** When the user signed in, in seconds since 1970. */
  auth_time?: number
}

/** The claims of an app that has no `claims` schema. */
export interface UntypedClaims {
  sub?: string
  [claim: string]: unknown
}

/** The type of `ctx.jwt`: the registered claims, `sub`, `scope` and the output of the `claims` schema. Frozen. */
export type Claims<ClaimsOut = UntypedClaims> = PlainMembers<
  RegisteredClaims & Omit<{ sub?: string; scope?: unknown }, keyof ClaimsOut> & ClaimsOut
>

/** Makes editors show the members of an intersection, read-only, and not its parts. */
type PlainMembers<T> = { readonly [K in keyof T]: T[K] } & {}

const REGISTERED: ReadonlySet<string> = new Set(['iss', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sid', 'auth_time'])

/** Whether only the library may write a claim. */
export const isRegistered = (name: string): boolean => REGISTERED.has(name)
