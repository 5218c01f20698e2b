import { EventEmitter, on } from 'node:events'
import { createTRPCClient, httpSubscriptionLink, wsLink } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { EventSource } from 'eventsource'
import { createJwtTrivial, memorySessions } from 'trpc-jwt-trivial'
import { describe, expect, onTestFinished, test, vi } from 'vitest'

import { sleep } from '../support/client-api.ts'
import { PASSPHRASE } from '../support/mint.ts'
import { serveBoth } from '../support/serve-both.ts'
import { wsClientOf } from '../support/socket.ts'

/** A server of two streams, one that ticks and one that hears nothing and no abort, and what they hold of it. */
async function serveStreams(expiresIn: number) {
  const emitter = new EventEmitter()
  const held = { ticking: 0 }
  const store = memorySessions()
  const isLive = vi.spyOn(store, 'isLive')
  const jwt = createJwtTrivial({
    passphrase: PASSPHRASE,
    authorise: () => ({ sub: 'ann' }),
    expiresIn,
    sessions: { store, reauthorise: () => true, cacheSeconds: 1 },
  })
  const t = initTRPC.context<typeof jwt.createContext>().create()
  const router = t.router({
    ticking: jwt.protectedProcedure.subscription(async function* (): AsyncIterable<number> {
      held.ticking += 1
      try {
        for (let n = 0; ; n += 1) {
          yield n
          await sleep(50)
        }
      } finally {
        held.ticking -= 1
      }
    }),
    idle: jwt.protectedProcedure.subscription(
      () => on(emitter, 'news') as AsyncIterable<unknown> as AsyncIterable<number>,
    ),
  })
  return {
    ...(await serveBoth(router, { createContext: jwt.createContext, responseMeta: jwt.responseMeta })),
    router,
    token: await jwt.createAccessToken({ sub: 'ann' }),
    asked: () => isLive.mock.calls.length,
    held: { ticking: () => held.ticking, idle: () => emitter.listenerCount('news') },
  }
}

type Served = Awaited<ReturnType<typeof serveStreams>>

const links = {
  'server-sent events': ({ url, token }: Served) =>
    httpSubscriptionLink({
      url,
      EventSource,
      eventSourceOptions: {
        fetch: (input, init) =>
          fetch(input, { ...init, headers: { ...init?.headers, authorization: `Bearer ${token}` } }),
      },
    }),
  'a WebSocket': ({ address, token }: Served) =>
    wsLink({
      client: wsClientOf(address, { connectionParams: { authorization: `Bearer ${token}` } }),
    }),
}

describe.each(Object.entries(links))('over %s', (_transport, link) => {
  /** Opens a stream with a token of that lifetime, in seconds. */
  async function open(path: 'ticking' | 'idle', expiresIn: number) {
    const served = await serveStreams(expiresIn)
    const client = createTRPCClient<Served['router']>({ links: [link(served)] })
    const errors: string[] = []
    const subscription = client[path].subscribe(undefined, { onError: ({ message }) => errors.push(message) })
    onTestFinished(() => subscription.unsubscribe())
    await expect.poll(served.held[path], { timeout: 3_000 }).toBe(1)
    return { subscription, errors, ...served }
  }

  test.each(['ticking', 'idle'] as const)(
    'a stream whose source is %s lets it go when its reader leaves, and asks no more',
    async (path) => {
      const { subscription, held, asked } = await open(path, 60)
      subscription.unsubscribe()
      await expect.poll(held[path], { timeout: 1_000 }).toBe(0)
      const before = asked()
      await sleep(1_500)

      expect(asked()).toBe(before)
    },
  )

  test.each(['ticking', 'idle'] as const)(
    'a stream whose source is %s lets it go when its token ends',
    async (path) => {
      const { errors, held } = await open(path, 5)
      await expect.poll(() => errors[0], { timeout: 8_000 }).toBe('Token expired')

      await expect.poll(held[path], { timeout: 1_000 }).toBe(0)
    },
  )
})
