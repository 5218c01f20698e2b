import { initTRPC, TRPCError } from '@trpc/server'
import { createHTTPHandler, type CreateHTTPContextOptions } from '@trpc/server/adapters/standalone'
import { jwtVerify, type JWTPayload } from 'jose'
import { createJwtVerifier } from 'trpc-jwt-trivial'

import { PASSPHRASE } from '../support/mint.ts'
import { serveOneOf } from './servers.ts'

const hello = () => 'hello'

const open = initTRPC.create()
const openRouter = open.router({ hello: open.procedure.query(hello) })

/** Does all that a guard does for tRPC, and checks nothing. */
const idle = initTRPC.context<{ token: string | undefined }>().create()
const idleGuard = idle.procedure.use(async ({ next }) => next({ ctx: { user: { sub: 'ann' } } }))
const idleRouter = idle.router({ hello: idleGuard.query(hello) })

const jwt = createJwtVerifier({ passphrase: PASSPHRASE })
const own = initTRPC.context<typeof jwt.createContext>().create()
const ownRouter = own.router({ hello: jwt.protectedProcedure.query(hello) })

/** As tRPC's guide to authorization has it, with jose. */
const secret = new TextEncoder().encode(PASSPHRASE)
async function createContext({ req }: CreateHTTPContextOptions): Promise<{ user: JWTPayload | null }> {
  const token = req.headers.authorization?.split(' ')[1]
  return { user: token === undefined ? null : (await jwtVerify(token, secret)).payload }
}
const guide = initTRPC.context<typeof createContext>().create()
const guarded = guide.procedure.use(async ({ ctx, next }) => {
  if (!ctx.user) throw new TRPCError({ code: 'UNAUTHORIZED' })
  return next({ ctx: { user: ctx.user } })
})
const guideRouter = guide.router({ hello: guarded.query(hello) })

await serveOneOf({
  open: () => createHTTPHandler({ router: openRouter }),
  idle: () =>
    createHTTPHandler({ router: idleRouter, createContext: ({ req }) => ({ token: req.headers.authorization }) }),
  ours: () =>
    createHTTPHandler({ router: ownRouter, createContext: jwt.createContext, responseMeta: jwt.responseMeta }),
  guide: () => createHTTPHandler({ router: guideRouter, createContext }),
})
