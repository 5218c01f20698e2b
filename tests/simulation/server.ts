import type { EventEmitter } from 'node:events'

import { initTRPC, tracked } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { getWSConnectionHandler } from '@trpc/server/adapters/ws'
import * as z from 'zod'

import { createJwtTrivial, memorySessions } from '../../src/index.ts'
import type { Clock, Zone } from './clock.ts'
import { zoneNamed } from './clock.ts'
import { observeStore } from './observe-store.ts'
import type { Trace } from './trace.ts'

const PASSPHRASE = 'a passphrase that is long enough for HS256'
const EVENT_EVERY_MS = 5_000
export const GRACE_SECONDS = 10

/** The part of a `Request` that tRPC reads. A whole one costs more than all that the server does with it. */
export type SimpleRequest = Pick<Request, 'url' | 'method' | 'headers' | 'signal' | 'text' | 'json'>

/** The servers of one schedule. */
export interface Server {
  readonly zone: Zone
  /** Answers a request to the API, or to the other server, which takes the same tokens and issues none. */
  handle(request: SimpleRequest): Promise<Response>
  /** Takes the server's end of a socket. */
  accept(socket: EventEmitter): void
  endSessions(sub: string): Promise<void>
  /** Makes the store fail, or work again. */
  failing: boolean
  /** How far the server's clock was moved. */
  moved: number
  changeRole(sub: string): void
}

const call = z.object({ n: z.number() })
const SERVER_START = Date.UTC(2026, 10, 27)

/** Makes the servers: all that runs there is written down. */
export function createServer({ clock, trace }: { clock: Clock; trace: Trace }, lifetimeSeconds: number): Server {
  let moved = 0
  const roles = new Map<string, number>()
  const time = (): Date => new Date(SERVER_START + clock.elapsed + moved)
  const observed = observeStore({ clock, trace }, memorySessions({ clock: time }))

  const jwt = createJwtTrivial({
    passphrase: PASSPHRASE,
    expiresIn: lifetimeSeconds,
    clock: time,
    claims: z.object({ sub: z.string(), role: z.number() }),
    credentials: z.object({ user: z.string(), n: z.number() }),
    authorise: ({ input: { user, n } }) => {
      observed.expect(user, n)
      return { sub: user, role: roles.get(user) ?? 0 }
    },
    sessions: {
      store: observed.store,
      grace: GRACE_SECONDS,
      reauthorise: ({ sub }) => ({ sub, role: roles.get(sub) ?? 0 }),
    },
  })
  const t = initTRPC.context<typeof jwt.createContext>().create({ isServer: true, isDev: false })
  const anyone = t.procedure.concat(jwt.protect({ optional: true })).input(call)
  const member = t.procedure.concat(jwt.protectedProcedure).input(call)

  function ran(n: number, claims: object | null): { sid?: string; sub?: string; n: number } {
    const { sid, sub } = (claims ?? {}) as { sid?: string; sub?: string }
    trace.runs.push({ n, at: clock.elapsed, sid, sub })
    return { n, ...(sid !== undefined && { sid }), ...(sub !== undefined && { sub }) }
  }
  async function* feed(n: number, claims: object | null, signal: AbortSignal | undefined) {
    for (let event = 1; ; event += 1) {
      if (signal?.aborted) return
      yield tracked(String(event), ran(n, claims))
      await new Promise((resolve) => setTimeout(resolve, EVENT_EVERY_MS))
    }
  }

  const router = t.router({
    token: jwt.tokenRouter,
    look: member.query(({ input, ctx }) => ran(input.n, ctx.jwt)),
    act: member.mutation(({ input, ctx }) => ran(input.n, ctx.jwt)),
    feed: member.subscription(({ input, ctx, signal }) => feed(input.n, ctx.jwt, signal)),
    anyoneLook: anyone.query(({ input, ctx }) => ran(input.n, ctx.jwt)),
    anyoneAct: anyone.mutation(({ input, ctx }) => ran(input.n, ctx.jwt)),
    anyoneFeed: anyone.subscription(({ input, ctx, signal }) => feed(input.n, ctx.jwt, signal)),
  })
  const onConnection = getWSConnectionHandler({ router, createContext: jwt.createContext, wss: undefined as never })

  const server: Server = {
    zone: zoneNamed('server'),
    get moved() {
      return moved
    },
    set moved(ms) {
      moved = ms
    },
    get failing() {
      return observed.failing
    },
    set failing(failing) {
      observed.failing = failing
    },
    handle: (req) =>
      fetchRequestHandler({
        endpoint: '',
        req: req as Request,
        router,
        createContext: jwt.createContext,
        responseMeta: jwt.responseMeta,
      }),
    accept(socket) {
      const req = { url: '/?connectionParams=1', headers: { host: 'api.test' }, socket: {} }
      onConnection(socket as never, req as never)
    },
    endSessions: (sub) => jwt.endSessions(sub),
    changeRole: (sub) => roles.set(sub, (roles.get(sub) ?? 0) + 1),
  }
  return server
}
