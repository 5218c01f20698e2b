import type { StandardSchemaV1 } from '@standard-schema/spec'
import { initTRPC, type AnyTRPCRouter } from '@trpc/server'
import * as z from 'zod'

import { bearerOf, type BearerContext } from '../bearer/create-context.ts'
import { JwtRejection } from '../outcome/rejection.ts'
import { identityOf, type Reporter } from '../outcome/report-outcome.ts'
import type { VerifyConfig } from '../verify/verify-config.ts'
import { verifyToken } from '../verify/verify-token.ts'
import { issueAccessToken } from './issue-access-token.ts'
import { authorisedClaims, isRefusal } from './authorised-claims.ts'
import { prepareClaims } from './prepare-claims.ts'
import type { IssuedTokens, SessionTokens } from './session-tokens.ts'
import type { IssueConfig, SignedToken } from './sign-token.ts'
import { beginCreate, beginRefresh, beginRevoke, concludeOverHttp, type Conclude } from './socket-turn.ts'
import type { IssuedToken } from './token-router-types.ts'

/** What the token router depends on. */
export interface TokenRouterConfig extends IssueConfig, VerifyConfig {
  readonly credentials: StandardSchemaV1 | undefined
  readonly authorise: (opts: { input: unknown; ctx: object }) => unknown
}

interface Dependencies {
  readonly config: TokenRouterConfig
  readonly reporter: Reporter
  /** Undefined without sessions. */
  readonly tokens: SessionTokens | undefined
}

/** An app that only issues tokens may have a context without a bearer. */
type Context = Partial<BearerContext> | undefined

/** Makes `create`, and with sessions also `refresh` and `revoke`. */
export function createTokenRouter({ config, reporter, tokens }: Dependencies): AnyTRPCRouter {
  const t = initTRPC.context<BearerContext>().create()
  const { credentials } = config

  /** Returns the tokens that a resolver made. `begin` runs before the input is read: calls have their turn as they came. */
  const issuing = (type: 'issued' | 'renewed', begin: (ctx: Context) => Conclude) =>
    t.procedure.use(async ({ ctx, path, next }) => {
      const conclude = begin(ctx)
      const result = await next()
      if (!result.ok) return result
      const { access, refreshToken } = result.data as IssuedTokens
      await reporter.rejecting({ path }, async () =>
        conclude(access, () => reporter.report({ type, path, ...identityOf(access.payload) })),
      )
      return { ...result, data: { ...answerOf(access), ...(tokens && { refreshToken, grace: tokens.graceSeconds }) } }
    })

  const creating = issuing('issued', (ctx) => {
    const connection = ctx?.bearer?.connection
    return connection ? beginCreate(connection, async (sid) => tokens?.abandon(sid)) : concludeOverHttp
  })

  const create = (credentials ? creating.input(credentials) : creating).mutation(({ ctx, input, path }) =>
    reporter.rejecting({ path }, async (): Promise<IssuedTokens> => {
      const answer = await config.authorise({ input, ctx })
      if (isRefusal(answer)) throw new JwtRejection('not_authorised')
      const claims = await prepareClaims(authorisedClaims('authorise', answer), config)
      return tokens ? tokens.create(claims) : { access: await issueAccessToken(claims, config) }
    }),
  )
  if (!tokens) return t.router({ create })

  const refresh = issuing('renewed', (ctx) => {
    const { connection } = ctx?.bearer ?? {}
    return connection ? beginRefresh(connection, (token) => verifyToken(token, config.keys)) : concludeOverHttp
  })
    .input(z.object({ refreshToken: z.string() }))
    .mutation(({ ctx, input, path }) =>
      reporter.rejecting({ path }, () => tokens.refresh(input.refreshToken, { ctx, path })),
    )

  const revoke = t.procedure
    .use(({ ctx, next }) => next({ ctx: { clearBearer: beginRevoke(bearerOf(ctx)) } }))
    .input(z.object({ refreshToken: z.string().optional() }).optional())
    .mutation(({ ctx, input, path }) =>
      reporter.rejecting({ path }, () =>
        tokens.revoke({
          bearer: bearerOf(ctx),
          refreshToken: input?.refreshToken,
          path,
          clearBearer: ctx.clearBearer,
        }),
      ),
    )

  return t.router({ create, refresh, revoke })
}

function answerOf({ token, payload }: SignedToken): IssuedToken {
  const { iat, exp } = payload as { iat: number; exp?: number }
  return { token, category: 'Bearer', expiresIn: exp === undefined ? null : exp - iat }
}
