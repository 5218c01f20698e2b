import { createServer } from 'node:http'
import { createTRPCClient, httpBatchLink, type TRPCLink } from '@trpc/client'
import { initTRPC, tracked, TRPCError } from '@trpc/server'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import { applyWSSHandler } from '@trpc/server/adapters/ws'
import { createJwtTrivial, jwtErrorData, JwtRejection, memorySessions, type JwtTrivialOptions } from 'trpc-jwt-trivial'
import { createSession, type CreateSessionOptions, type Session } from 'trpc-jwt-trivial/client'
import { onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'
import * as z from 'zod'

import { PASSWORD } from './api.ts'
import { listenHttp } from './endpoint.ts'
import { PASSPHRASE } from './mint.ts'

export const ANN = { name: 'ann', password: PASSWORD }
export const BOB = { ...ANN, name: 'bob' }

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

type MemorySessions = ReturnType<typeof memorySessions>

export interface ClientApiOptions extends Pick<JwtTrivialOptions, 'clock' | 'expiresIn' | 'retfunc'> {
  cacheSeconds?: number
  grace?: number
  store?: MemorySessions
  /** Spreads `jwtErrorData` into the errors of the app. */
  withErrorData?: boolean
  /** What the app says instead of our fixed texts. */
  ownText?: string
}

/** An API with sessions, what was called in it, and a switch for its answer to a renewal. */
export function createClientApi({
  cacheSeconds = 0,
  grace = 10,
  store = memorySessions(),
  withErrorData = false,
  ownText,
  ...options
}: ClientApiOptions = {}) {
  const calls: string[] = []
  const ran: string[] = []
  const renewal: { answer: () => boolean | Promise<boolean> } = { answer: () => true }
  const connections = { opened: 0 }
  const late = { until: () => sleep(300) }
  const signIn = { until: (_name: string): Promise<unknown> => Promise.resolve() }
  const jwt = createJwtTrivial({
    passphrase: PASSPHRASE,
    credentials: z.object({ name: z.string(), password: z.string() }),
    async authorise({ input }) {
      await signIn.until(input.name)
      return input.password === PASSWORD && { sub: input.name }
    },
    sessions: { store, reauthorise: () => renewal.answer(), cacheSeconds, grace },
    ...options,
  })
  const t = initTRPC.context<typeof jwt.createContext>().create({
    errorFormatter: ({ shape, error }) => ({
      ...shape,
      message: (error.cause instanceof JwtRejection && ownText) || shape.message,
      data: { ...shape.data, ...(withErrorData && jwtErrorData(error)) },
    }),
  })
  const noted = t.procedure.use(({ path, next }) => {
    calls.push(path)
    return next()
  })
  const guarded = noted.concat(jwt.protectedProcedure)
  const resumable = z.object({ lastEventId: z.string().optional() }).optional()
  const own = t.router({
    hello: noted.query(() => 'Anyone may call this.'),
    private: guarded.query(({ ctx }) => `Your token worked, ${ctx.jwt.sub}.`),
    double: guarded.input(z.number()).query(({ input }) => input * 2),
    slow: guarded.mutation(() => sleep(400).then(() => 'done')),
    /** Is guarded only after a while, and says who has run it. */
    late: noted
      .use(async ({ next }) => {
        await late.until()
        return next()
      })
      .concat(jwt.protectedProcedure)
      .mutation(({ ctx }) => {
        ran.push(`late as ${ctx.jwt.sub}`)
        return ctx.jwt.sub
      }),
    /** Says who has run it, signed in or not. */
    whoami: noted.concat(jwt.protect({ optional: true })).mutation(({ ctx }) => {
      const name = ctx.jwt?.sub ?? 'nobody'
      ran.push(`whoami as ${name}`)
      return name
    }),
    picky: guarded.query(() => {
      throw new TRPCError({ code: 'UNAUTHORIZED', message: 'Not on a Tuesday' })
    }),
    hostile: noted.query(() => {
      throw new TRPCError({ code: 'UNAUTHORIZED', message: 'Token expired' })
    }),
    hostileStream: noted.subscription(async function* () {
      yield* []
      throw new TRPCError({ code: 'UNAUTHORIZED', message: 'Token expired' })
    }),
    /** Counts up from the last event that was seen, about fifty times a second. */
    count: guarded.input(resumable).subscription(async function* ({ input }) {
      for (let n = Number(input?.lastEventId ?? 0) + 1; ; n += 1) {
        yield tracked(String(n), n)
        await sleep(20)
      }
    }),
    /** Takes its time before it begins. */
    lateStream: guarded
      .use(async ({ next }) => {
        await sleep(300)
        return next()
      })
      .subscription(async function* ({ ctx }) {
        for (;;) {
          await sleep(50)
          yield `For the eyes of ${ctx.jwt.sub}.`
        }
      }),
    /** Says whose mail it is, about fifty times a second; anyone may ask. */
    mail: noted.concat(jwt.protect({ optional: true })).subscription(async function* ({ ctx }) {
      for (;;) {
        yield `Mail for ${ctx.jwt?.sub ?? 'nobody'}.`
        await sleep(20)
      }
    }),
    /** Says one word, and then nothing. */
    quiet: guarded.subscription(async function* ({ signal }) {
      yield 'silence'
      await new Promise((resolve) => signal?.addEventListener('abort', resolve))
    }),
  })
  const router = t.router({ ...own._def.procedures, token: jwt.tokenRouter })
  const timesCalled = (path: string) => calls.filter((each) => each === path).length
  return { jwt, calls, timesCalled, ran, late, signIn, renewal, connections, store, own, router, t }
}

export type ClientApi = ReturnType<typeof createClientApi>
type Encoder = NonNullable<Parameters<typeof applyWSSHandler>[0]['experimental_encoder']>

export type ClientRouter = ClientApi['router']

/** Serves the API over HTTP and WebSocket, on one port, until the test ends. */
export async function serveClientApi(
  api: ClientApi,
  { router = api.router, encoder }: { router?: ClientRouter; encoder?: Encoder } = {},
) {
  const { jwt, calls, connections } = api
  const handler = createHTTPHandler({
    router,
    responseMeta: jwt.responseMeta,
    createContext(opts) {
      calls.push(...opts.info.calls.map(({ path }) => path).filter((path) => path.startsWith('token.')))
      return jwt.createContext(opts)
    },
  })
  const server = createServer(handler)
  const wss = new WebSocketServer({ server })
  wss.on('connection', () => (connections.opened += 1))
  const sockets = applyWSSHandler({
    wss,
    router,
    createContext: jwt.createContext,
    ...(encoder && { experimental_encoder: encoder }),
  })
  onTestFinished(() => {
    for (const socket of wss.clients) socket.terminate()
  })
  const { url } = await listenHttp(server)
  return { url, address: url.replace('http:', 'ws:'), sockets }
}

export interface ClientOptions extends CreateSessionOptions {
  /** What sends the calls (`httpBatchLink`). */
  via?: (session: Session) => TRPCLink<ClientRouter>
}

/** A session and the stock client over it. */
export function createClient(url: string, { via, ...options }: ClientOptions = {}) {
  const session = createSession(options)
  const sending = via?.(session) ?? httpBatchLink({ url, headers: session.headers })
  return { session, client: createTRPCClient<ClientRouter>({ links: [session.link(), sending] }) }
}

/** An API that is served, and Ann signed in to it. */
export async function signedIn(options: ClientApiOptions & ClientOptions = {}) {
  const { via, storage, key, ...rest } = options
  const api = createClientApi(rest)
  const { url, address } = await serveClientApi(api)
  const made = createClient(url, {
    ...(via && { via }),
    ...(storage && { storage }),
    ...(key !== undefined && { key }),
  })
  await made.client.token.create.mutate(ANN)
  return { api, url, address, ...made, refreshes: () => api.timesCalled('token.refresh') }
}

/** The name under which a session keeps its tokens in a storage, unless the app says another. */
export const STORAGE_KEY = 'trpc-jwt-trivial'

/** A storage in memory, as `localStorage` is. */
export function memoryStorage(entries = new Map<string, string>()) {
  return {
    entries,
    getItem: (key: string) => entries.get(key) ?? null,
    setItem: (key: string, value: string) => void entries.set(key, value),
    removeItem: (key: string) => void entries.delete(key),
  }
}
