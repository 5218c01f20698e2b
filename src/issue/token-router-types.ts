import type { TRPCBuiltRouter, TRPCDefaultErrorShape, TRPCMutationProcedure } from '@trpc/server'

import type { BearerContext } from '../bearer/create-context.ts'

/** What `token.create` returns. */
export interface IssuedToken {
  /** The access token, for `Authorization: Bearer …`. */
  token: string
  /** The scheme of the `Authorization` header (RFC 6750). */
  category: 'Bearer'
  /** The lifetime of the access token in seconds; `null` if it never expires. */
  expiresIn: number | null
}

/** What `token.create` and `token.refresh` return with sessions. */
export interface TokenPair extends IssuedToken {
  /** The input of the next `token.refresh`. It can be used once. */
  refreshToken: string
  /** How long a refresh token is accepted again after its first use, in seconds: a client that got no answer repeats its request. */
  grace: number
}

/** The root types of `tokenRouter`. An app that nests or merges the router uses its own. */
export type TokenRouterTypes = {
  ctx: BearerContext
  meta: object
  errorShape: TRPCDefaultErrorShape
  transformer: false
}

/** The procedures of `tokenRouter` without sessions. */
export type IssueOnly<CredentialsIn> = {
  /** Issues an access token if `authorise` allows it. A mutation, so that credentials are never in a URL. */
  create: TRPCMutationProcedure<{ input: CredentialsIn; output: IssuedToken; meta: object }>
}

/** The procedures of `tokenRouter` with sessions. */
export type IssueAndRenew<CredentialsIn> = {
  /** Starts a session if `authorise` allows it. */
  create: TRPCMutationProcedure<{ input: CredentialsIn; output: TokenPair; meta: object }>
  /** Renews the tokens of a session if `reauthorise` allows it (RFC 9700 4.14.2). */
  refresh: TRPCMutationProcedure<{ input: { refreshToken: string }; output: TokenPair; meta: object }>
  /** Ends the session of the bearer, of the refresh token, or both. One that is over already is no error (RFC 7009 2.2). */
  revoke: TRPCMutationProcedure<{ input: { refreshToken?: string | undefined } | void; output: void; meta: object }>
}

/** A router to nest, `t.router({ token: jwt.tokenRouter })`, or to merge, `t.mergeRouters(appRouter, jwt.tokenRouter)`. */
export type TokenRouter<CredentialsIn, Renewable extends boolean = false> = [Renewable] extends [true]
  ? TRPCBuiltRouter<TokenRouterTypes, IssueAndRenew<CredentialsIn>>
  : TRPCBuiltRouter<TokenRouterTypes, IssueOnly<CredentialsIn>>
