import {
  initTRPC,
  type AnyTRPCRouter,
  type TRPCBuiltRouter,
  type TRPCDefaultErrorShape,
  type TRPCMutationProcedure,
} from '@trpc/server'
import * as z from 'zod'

import { answeredClaims, refuses } from './authorised-claims.ts'
import { bearerOf, type BearerContext } from '../bearer/create-context.ts'
import { issueAccessToken, type SignedToken } from './sign-token.ts'
import { identityOf, type Reporter } from '../outcome/report.ts'
import { prepareClaims } from './prepare-claims.ts'
import { JwtRejection } from '../outcome/rejection.ts'
import type { IssuedPair, SessionTokens } from './session-tokens.ts'
import type { TrivialConfig } from '../config/resolve-options.ts'

/** What `token.create` answers. */
export interface IssuedToken {
  /** The access token, for `Authorization: Bearer …`. */
  token: string
  /** How to present it (RFC 6750). */
  category: 'Bearer'
  /** Its lifetime in seconds; `null`: for ever. */
  expiresIn: number | null
}

/** What `token.create` and `token.refresh` answer with sessions. */
export interface TokenPair extends IssuedToken {
  /** What `token.refresh` takes, once: it answers the next one. */
  refreshToken: string
}

/** The root types of `tokenRouter`: an app that nests or merges it brings its own. */
export type TokenRouterTypes = {
  ctx: BearerContext
  meta: object
  errorShape: TRPCDefaultErrorShape
  transformer: false
}

/** The procedures of `tokenRouter` without sessions. */
export type IssueOnly<CredentialsIn> = {
  /** Issues an access token to whom `authorise` says yes. A mutation, so that credentials are never in a URL. */
  create: TRPCMutationProcedure<{ input: CredentialsIn; output: IssuedToken; meta: object }>
}

/** The procedures of `tokenRouter` with sessions. */
export type IssueAndRenew<CredentialsIn> = {
  /** Starts a session for whom `authorise` says yes. */
  create: TRPCMutationProcedure<{ input: CredentialsIn; output: TokenPair; meta: object }>
  /** Renews the tokens of a session, if `reauthorise` still says yes (RFC 9700 4.14.2). */
  refresh: TRPCMutationProcedure<{ input: { refreshToken: string }; output: TokenPair; meta: object }>
  /** Ends the session of the bearer, of the refresh token, or both. What is over already is no error (RFC 7009 2.2). */
  revoke: TRPCMutationProcedure<{ input: { refreshToken?: string | undefined } | void; output: void; meta: object }>
}

/** A router to nest, `t.router({ token: jwt.tokenRouter })`, or to merge, `t.mergeRouters(appRouter, jwt.tokenRouter)`. */
export type TokenRouter<CredentialsIn, Renewable extends boolean = false> = [Renewable] extends [true]
  ? TRPCBuiltRouter<TokenRouterTypes, IssueAndRenew<CredentialsIn>>
  : TRPCBuiltRouter<TokenRouterTypes, IssueOnly<CredentialsIn>>

interface Dependencies {
  readonly config: TrivialConfig
  readonly reporter: Reporter
  /** Undefined without sessions. */
  readonly tokens: SessionTokens | undefined
}

interface Call {
  /** An app that issues and accepts nothing else may do without `createContext`. */
  readonly ctx: Partial<BearerContext> | undefined
  readonly path: string
}

/** Makes `create`; with sessions `refresh` and `revoke` too. */
export function createTokenRouter({ config, reporter, tokens }: Dependencies): AnyTRPCRouter {
  const t = initTRPC.context<BearerContext>().create()
  const { credentials } = config

  /** Over a WebSocket, the token that was issued becomes the connection's. */
  const issue = ({ ctx, path }: Call, work: () => Promise<IssuedPair>): Promise<IssuedToken> =>
    reporter.refusing(path, async () => {
      const { access, refreshToken } = await work()
      reporter.report({ type: 'issued', path, ...identityOf(access.payload) })
      ctx?.bearer?.connection?.rebind(access.token)
      return { ...answerOf(access), ...(refreshToken !== undefined && { refreshToken }) }
    })

  const create = (credentials ? t.procedure.input(credentials) : t.procedure).mutation(({ ctx, input, path }) =>
    issue({ ctx, path }, async () => {
      const authorised = await config.authorise({ input, ctx })
      if (refuses(authorised)) throw new JwtRejection('not_authorised')
      const own = await prepareClaims(answeredClaims('authorise', authorised), config)
      return tokens ? tokens.start(own) : { access: await issueAccessToken(own, config) }
    }),
  )
  if (!tokens) return t.router({ create })

  const refresh = t.procedure
    .input(z.object({ refreshToken: z.string() }))
    .mutation(({ ctx, input, path }) => issue({ ctx, path }, () => tokens.refresh(input.refreshToken, ctx)))

  const revoke = t.procedure
    .input(z.object({ refreshToken: z.string().optional() }).optional())
    .mutation(({ ctx, input, path }) =>
      reporter.refusing(path, async () => {
        const bearer = bearerOf(ctx)
        const { token } = bearer
        await tokens.revoke(bearer, input?.refreshToken)
        if (bearer.token === token) bearer.connection?.rebind(undefined)
      }),
    )

  return t.router({ create, refresh, revoke })
}

function answerOf({ token, payload }: SignedToken): IssuedToken {
  const { iat, exp } = payload as { iat: number; exp?: number }
  return { token, category: 'Bearer', expiresIn: exp === undefined ? null : exp - iat }
}
