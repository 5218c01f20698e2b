import { createTRPCClient, httpSubscriptionLink, wsLink, type TRPCClient } from '@trpc/client'
import { initTRPC, type AnyTRPCRouter } from '@trpc/server'
import { observable } from '@trpc/server/observable'
import { EventSource } from 'eventsource'
import { createJwtTrivial, jwtErrorData, memorySessions, type JwtTrivialOptions, type Outcome } from 'trpc-jwt-trivial'
import { expect, onTestFinished, vi } from 'vitest'
import * as z from 'zod'

import { gate } from './gate.ts'
import { PASSPHRASE } from './mint.ts'
import { serveBoth } from './serve-both.ts'
import { wsClientOf } from './socket.ts'

type Options = Pick<JwtTrivialOptions, 'clock' | 'expiresIn' | 'retfunc'> & {
  /** What each user's tokens say, by name. Without an entry: the name as `sub`. */
  claims?: Record<string, Record<string, unknown>>
  /** Whether the instance has sessions. */
  sessions?: boolean
  cacheSeconds?: number
}

/** An API whose events and whose answers to sign-ins and renewals a test gives by hand. */
function createSignInApi({ claims = {}, sessions = true, cacheSeconds = 0, ...options }: Options) {
  const outcomes: Outcome[] = []
  const listeners = new Set<(n: number) => void>()
  const gates = new Map<string, Promise<void>>()
  const store = memorySessions(options.clock ? { clock: options.clock } : {})
  const signIn = async (name: string) => {
    await gates.get(name)
    return name === 'nobody' ? false : (claims[name] ?? { sub: name })
  }
  const common = {
    passphrase: PASSPHRASE,
    credentials: z.object({ name: z.string() }),
    authorise: ({ input }: { input: { name: string } }) => signIn(input.name),
    retfunc: (outcome: Outcome) => void outcomes.push(outcome),
    ...options,
  }
  const reauthorise = ({ sub }: { sub: string }) => signIn(sub)
  const jwt = createJwtTrivial({ ...common, sessions: { store, reauthorise, cacheSeconds } })
  const used = sessions ? jwt : (createJwtTrivial(common) as unknown as typeof jwt)
  const t = initTRPC.context<{ bearer: ReturnType<typeof jwt.createContext>['bearer'] }>().create({
    errorFormatter: ({ shape, error }) => ({ ...shape, data: { ...shape.data, ...jwtErrorData(error) } }),
  })
  const guarded = t.procedure.concat(used.protectedProcedure)
  const events = () =>
    observable<number>((observer) => {
      const listener = (n: number) => observer.next(n)
      listeners.add(listener)
      return () => listeners.delete(listener)
    })
  async function* generated(): AsyncGenerator<number> {
    const queue: number[] = []
    let wake: (() => void) | undefined
    const listener = (n: number) => (queue.push(n), wake?.())
    listeners.add(listener)
    try {
      for (;;) {
        while (queue.length > 0) yield Number(queue.shift())
        await new Promise<void>((resolve) => (wake = resolve))
      }
    } finally {
      listeners.delete(listener)
    }
  }
  const router = t.router({
    token: used.tokenRouter,
    me: guarded.query(({ ctx }) => ctx.jwt),
    generated: guarded.subscription(generated),
    observed: guarded.subscription(events),
  })
  const emit = (n: number) => {
    for (const listener of listeners) listener(n)
  }
  /** Keeps the answers about a user waiting until the function that is returned is called. */
  const hold = (name: string) => {
    let release!: () => void
    gates.set(name, new Promise((resolve) => (release = resolve)))
    return () => (gates.delete(name), release())
  }
  const reasons = () => outcomes.flatMap((outcome) => (outcome.type === 'rejected' ? [outcome.reason] : []))
  return { jwt: used, claims, store, router, outcomes, reasons, emit, hold, listening: () => listeners.size }
}

export type SignInClient = TRPCClient<ReturnType<typeof createSignInApi>['router']>

/** Serves the API, over WebSocket and HTTP, and gives stock clients of it. `spread` makes the app's own context. */
export async function serveSignIns({ spread = false, ...options }: Options & { spread?: boolean } = {}) {
  const api = createSignInApi(options)
  const { jwt, router } = api
  const createContext = (opts: unknown) => (spread ? { ...jwt.createContext(opts), db: {} } : jwt.createContext(opts))
  const { url, address } = await serveBoth(router as AnyTRPCRouter, { createContext })

  const openSocket = (token?: string): SignInClient => {
    const client = wsClientOf(address, {
      ...(token !== undefined && { connectionParams: { authorization: `Bearer ${token}` } }),
    })
    return createTRPCClient({ links: [wsLink({ client })] })
  }
  const openSse = (token: string): SignInClient => {
    const authorised: typeof fetch = (input, init) =>
      fetch(input, { ...init, headers: { accept: 'text/event-stream', authorization: `Bearer ${token}` } })
    const eventSourceOptions = { fetch: authorised }
    return createTRPCClient({ links: [httpSubscriptionLink({ url, EventSource, eventSourceOptions })] })
  }
  return { ...api, openSocket, openSse }
}

/** Listens to one of the streams, and keeps what it saw. */
export function listenTo(client: SignInClient, path: 'generated' | 'observed') {
  const numbers: number[] = []
  const errors: unknown[] = []
  const subscription = client[path].subscribe(undefined, {
    onData: (n) => numbers.push(n),
    onError: ({ message, data }) => errors.push(`${data?.code}: ${message} (${data?.jwt?.reason})`),
  })
  onTestFinished(() => subscription.unsubscribe())
  return { numbers, errors }
}

type Store = ReturnType<typeof createSignInApi>['store']

/** Lets a call take effect in the store, but keeps its answer until `release` is called. `asked` waits until it has come. */
export function holdAnswer(store: Store, method: 'isLive' | 'rotate' | 'end') {
  const { opened, open: release } = gate()
  let calls = 0
  const original = store[method].bind(store) as (...args: unknown[]) => Promise<unknown>
  vi.spyOn(store, method).mockImplementationOnce((async (...args: unknown[]) => {
    calls += 1
    const answer = await original(...args)
    await opened
    return answer
  }) as never)
  return { release, asked: () => expect.poll(() => calls).toBe(1) }
}

/** Who a client is to the server. */
export const whoIs = async (client: SignInClient) => (await client.me.query()).sub

/** The reason of a refused call, as the client is told. */
export async function reasonOf(call: Promise<unknown>): Promise<unknown> {
  const error: unknown = await call.then(
    () => 'was answered',
    (thrown: unknown) => thrown,
  )
  return (error as { data?: { jwt?: { reason: unknown } } }).data?.jwt?.reason ?? error
}
