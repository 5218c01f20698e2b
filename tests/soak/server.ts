import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

import { initTRPC, tracked, TRPCError } from '@trpc/server'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import { applyWSSHandler } from '@trpc/server/adapters/ws'
import { createClient } from 'redis'
import { createJwtTrivial } from 'trpc-jwt-trivial'
import { redisSessions } from 'trpc-jwt-trivial/redis'
import { WebSocketServer } from 'ws'
import * as z from 'zod'

import { PASSPHRASE } from '../support/mint.ts'
import { isBroken } from './broken-rules.ts'
import {
  AUDIENCE,
  EVENT_EVERY,
  GRACE,
  ISSUER,
  lastEvent,
  LIFETIME,
  PREFIX,
  roleAt,
  SESSION,
  type Order,
  type ServerSettings,
  type Who,
  type Word,
} from './settings.ts'

const { port, redis: url } = JSON.parse(String(process.argv[2])) as ServerSettings
const redis = createClient({ url })
redis.on('error', () => {})
await redis.connect()

const jwt = createJwtTrivial({
  passphrase: PASSPHRASE,
  issuer: ISSUER,
  audience: AUDIENCE,
  expiresIn: LIFETIME,
  claims: z.object({ sub: z.string(), role: z.enum(['reader', 'writer']) }),
  credentials: z.object({ name: z.string() }),
  authorise: ({ input }) => ({ sub: input.name, role: roleAt(input.name, Date.now()) }),
  sessions: {
    store: redisSessions(redis, { prefix: PREFIX }),
    expiresIn: SESSION,
    grace: isBroken('grace') ? 0 : GRACE,
    reauthorise: ({ sub }) => ({ sub, role: roleAt(sub, Date.now()) }),
  },
})
const t = initTRPC.context<typeof jwt.createContext>().create()

const say = (word: Word) => process.send?.(word)
const whoOf = ({ sub, sid }: { sub: string; sid?: string }): Who => ({ sub, sid: String(sid) })

/** Broken on purpose: looks at the token when a stream opens, and never again. */
const checkedOnce = t.procedure.use(async ({ ctx, next }) =>
  next({ ctx: { jwt: await jwt.verify(String(ctx.bearer.token)) } }),
) as unknown as typeof jwt.protectedProcedure
const inRole = isBroken('roles') ? checkedOnce : jwt.protectedProcedure
const writerOnly = inRole.use(({ ctx, next }) => {
  if (ctx.jwt.role !== 'writer') throw new TRPCError({ code: 'FORBIDDEN', message: 'Writers only' })
  return next()
})

// the same event again and again
async function* repeat<Event>(event: Event): AsyncGenerator<Event> {
  for (;;) {
    yield event
    await sleep(2 * EVENT_EVERY)
  }
}

const router = t.router({
  token: jwt.tokenRouter,
  hello: t.procedure.query(() => 'Anyone may call this.'),
  whoami: jwt.protectedProcedure.query(({ ctx }) => ctx.jwt.sub),
  leave: jwt.protectedProcedure.mutation(({ ctx }) => jwt.endSession(String(ctx.jwt.sid))),
  leaveEverywhere: jwt.protectedProcedure.mutation(({ ctx }) => jwt.endSessions(ctx.jwt.sub)),
  identify: jwt.protectedProcedure.query(({ ctx }) => whoOf(ctx.jwt)),
  /** Tells the driver who ran it, whatever becomes of the answer. */
  record: jwt.protectedProcedure.input(z.object({ call: z.string() })).mutation(({ ctx, input }) => {
    say({ type: 'ran', call: input.call, who: whoOf(ctx.jwt) })
    return whoOf(ctx.jwt)
  }),
  mine: jwt.protectedProcedure.subscription(({ ctx }) => repeat(whoOf(ctx.jwt))),
  feed: inRole.subscription(({ ctx }) => repeat(ctx.jwt.role)),
  desk: writerOnly.subscription(({ ctx }) => repeat(ctx.jwt.role)),
  /** Every event from the last one on that the client has seen, or from now on. */
  events: jwt.protectedProcedure
    .input(z.object({ lastEventId: z.string().optional() }).optional())
    .subscription(async function* ({ input }) {
      for (let n = Number(input?.lastEventId ?? lastEvent()) + 1; ; n += 1) {
        await sleep(Math.max(0, n * EVENT_EVERY - Date.now()))
        yield tracked(String(n), n)
      }
    }),
})

export type SoakRouter = typeof router

const { createContext, responseMeta } = jwt
const server = createServer(createHTTPHandler({ router, createContext, responseMeta }))
server.keepAliveTimeout = 60_000
const wss = new WebSocketServer({ server })
applyWSSHandler({ wss, router, createContext })

function sample(): void {
  globalThis.gc?.()
  say({ type: 'sample', heapUsed: process.memoryUsage().heapUsed })
}

/** Closes what was opened, and says what is left. The channel to the driver is the driver's to close. */
async function close(): Promise<void> {
  const sockets = wss.clients.size
  wss.close()
  server.close()
  server.closeIdleConnections()
  await once(server, 'close')
  redis.destroy()
  await sleep(500)
  say({ type: 'closed', sockets, resources: process.getActiveResourcesInfo() })
}

process.on('message', (order: Order) => void (order === 'sample' ? sample() : close()))
server.listen(port, '127.0.0.1', () => say({ type: 'listening' }))
