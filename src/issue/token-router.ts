import type { StandardSchemaV1 } from '@standard-schema/spec'
import { initTRPC, type AnyTRPCRouter } from '@trpc/server'
import * as z from 'zod'

import { bearerOf, type BearerContext } from '../bearer/create-context.ts'
import { JwtRejection } from '../outcome/rejection.ts'
import { identityOf, type Reporter } from '../outcome/report-outcome.ts'
import { issueAccessToken } from './issue-access-token.ts'
import { authorisedClaims, isRefusal } from './authorised-claims.ts'
import { prepareClaims } from './prepare-claims.ts'
import type { IssuedTokens, SessionTokens } from './session-tokens.ts'
import type { IssueConfig, SignedToken } from './sign-token.ts'
import type { IssuedToken } from './token-router-types.ts'

/** What the token router depends on. */
export interface TokenRouterConfig extends IssueConfig {
  readonly credentials: StandardSchemaV1 | undefined
  readonly authorise: (opts: { input: unknown; ctx: object }) => unknown
}

interface Dependencies {
  readonly config: TokenRouterConfig
  readonly reporter: Reporter
  /** Undefined without sessions. */
  readonly tokens: SessionTokens | undefined
}

interface Call {
  /** An app that only issues tokens may have a context without a bearer. */
  readonly ctx: Partial<BearerContext> | undefined
  readonly path: string
}

/** Makes `create`, and with sessions also `refresh` and `revoke`. */
export function createTokenRouter({ config, reporter, tokens }: Dependencies): AnyTRPCRouter {
  const t = initTRPC.context<BearerContext>().create()
  const { credentials } = config

  /** Issues tokens. Over a WebSocket, the access token becomes the bearer of the connection. */
  const issue = ({ ctx, path }: Call, work: () => Promise<IssuedTokens>): Promise<IssuedToken> =>
    reporter.rejecting(path, async () => {
      const { access, refreshToken } = await work()
      reporter.report({ type: 'issued', path, ...identityOf(access.payload) })
      ctx?.bearer?.connection?.replaceBearer(access.token)
      return { ...answerOf(access), ...(tokens && { refreshToken, grace: tokens.graceSeconds }) }
    })

  const create = (credentials ? t.procedure.input(credentials) : t.procedure).mutation(({ ctx, input, path }) =>
    issue({ ctx, path }, async () => {
      const answer = await config.authorise({ input, ctx })
      if (isRefusal(answer)) throw new JwtRejection('not_authorised')
      const claims = await prepareClaims(authorisedClaims('authorise', answer), config)
      return tokens ? tokens.create(claims) : { access: await issueAccessToken(claims, config) }
    }),
  )
  if (!tokens) return t.router({ create })

  const refresh = t.procedure
    .input(z.object({ refreshToken: z.string() }))
    .mutation(({ ctx, input, path }) => issue({ ctx, path }, () => tokens.refresh(input.refreshToken, ctx)))

  const revoke = t.procedure
    .input(z.object({ refreshToken: z.string().optional() }).optional())
    .mutation(({ ctx, input, path }) =>
      reporter.rejecting(path, async () => {
        const bearer = bearerOf(ctx)
        const { token } = bearer
        await tokens.revoke(bearer, input?.refreshToken)
        if (bearer.token === token) bearer.connection?.replaceBearer(undefined)
      }),
    )

  return t.router({ create, refresh, revoke })
}

function answerOf({ token, payload }: SignedToken): IssuedToken {
  const { iat, exp } = payload as { iat: number; exp?: number }
  return { token, category: 'Bearer', expiresIn: exp === undefined ? null : exp - iat }
}
