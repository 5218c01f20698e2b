import { createTRPCClient, httpBatchStreamLink } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { createJwtTrivial, memorySessions, type Outcome } from 'trpc-jwt-trivial'
import { describe, expect, onTestFinished, test, vi } from 'vitest'

import { contextWith } from '../support/call.ts'
import { runningClock } from '../support/clock.ts'
import { PASSPHRASE } from '../support/mint.ts'
import { serve } from '../support/serve.ts'
import { told } from '../support/session-api.ts'

/** Queries and a mutation that answer by a generator, whose events a test gives by hand. */
async function serveGenerators() {
  const clock = runningClock()
  const outcomes: Outcome[] = []
  const released = { count: 0 }
  const store = memorySessions({ clock: clock.read })
  const source: { queue: number[]; wake?: () => void } = { queue: [0] }
  async function* numbers() {
    try {
      for (;;) {
        while (source.queue.length > 0) yield Number(source.queue.shift())
        await new Promise<void>((resolve) => (source.wake = resolve))
      }
    } finally {
      released.count += 1
    }
  }
  const jwt = createJwtTrivial({
    passphrase: PASSPHRASE,
    clock: clock.read,
    authorise: () => ({ sub: 'ann' }),
    retfunc: (outcome) => void outcomes.push(outcome),
    sessions: { store, reauthorise: () => true },
  })
  const t = initTRPC.context<typeof jwt.createContext>().create()
  const router = t.router({
    query: jwt.protectedProcedure.query(numbers),
    mutation: jwt.protectedProcedure.mutation(numbers),
    optional: jwt.protect({ optional: true }).query(numbers),
  })
  const url = await serve(router, jwt)
  const token = await jwt.createAccessToken({ sub: 'ann' })
  const clientWith = (headers: Record<string, string>) =>
    createTRPCClient<typeof router>({ links: [httpBatchStreamLink({ url, headers })] })
  const client = clientWith({ authorization: `Bearer ${token}` })
  return {
    clock,
    outcomes,
    released,
    store,
    emit: (n: number) => (source.queue.push(n), source.wake?.()),
    anonymous: clientWith({}),
    open: {
      query: () => client.query.query(),
      mutation: () => client.mutation.mutate(),
      optional: () => client.optional.query(),
    },
  }
}

/** The next event of a stream, or how it ended. */
const nextOf = (stream: AsyncIterable<number>) => {
  const iterator = stream[Symbol.asyncIterator]()
  return () => told(iterator.next())
}

const event = (value: number) => ({ done: false, value })

const rejections = ({ outcomes }: { outcomes: Outcome[] }) => outcomes.filter(({ type }) => type === 'rejected')

describe.each([
  ['a protected query', 'query'],
  ['a protected mutation', 'mutation'],
  ['an optional query', 'optional'],
] as const)('a generator that %s returns', (_what, kind) => {
  async function open() {
    const api = await serveGenerators()
    const next = nextOf(await api.open[kind]())
    expect(await next()).toEqual(event(0))
    return { ...api, next }
  }

  test('ends before the first event after its token expired', async () => {
    const made = await open()
    made.clock.ahead = 890
    made.emit(1)
    expect(await made.next()).toEqual(event(1))
    made.clock.ahead = 901
    made.emit(2)

    expect(await made.next()).toBe('UNAUTHORIZED: Token expired')
    expect(rejections(made)).toMatchObject([{ reason: 'expired', path: kind, sub: 'ann' }])
    await expect.poll(() => made.released.count).toBe(1)
  })

  test('ends without another event within 30 seconds after its session has ended', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true })
    onTestFinished(() => void vi.useRealTimers())
    const made = await open()
    await made.store.endAll('ann')
    const end = made.next()
    await vi.advanceTimersByTimeAsync(30_001)

    expect(await end).toBe('UNAUTHORIZED: Invalid token')
    expect(rejections(made)).toMatchObject([{ reason: 'revoked', path: kind, sub: 'ann' }])
  })
})

test('a generator that an optional query returns to a caller without a token goes on', async () => {
  const { anonymous, clock, emit } = await serveGenerators()
  const next = nextOf(await anonymous.optional.query())
  expect(await next()).toEqual(event(0))
  clock.ahead = 901
  emit(1)

  expect(await next()).toEqual(event(1))
})

describe('a protected query returns unchanged', () => {
  const asyncIterable = { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(event(0)) }) }

  test.each<[string, unknown]>([
    ['a text', 'text'],
    ['a number', 7],
    ['null', null],
    ['undefined', undefined],
    ['an array', [1, 2]],
    ['an object', { a: 1 }],
    ['an object with a member that is called subscribe', { subscribe: () => 'to the newsletter' }],
    ['an object with a member that is called next', { next: () => 'page' }],
    ['an iterator that is not asynchronous', [1, 2].values()],
    ['an async iterable that is no generator', asyncIterable],
    ['a ReadableStream', new ReadableStream({ start: (controller) => controller.close() })],
  ])('%s', async (_what, answer) => {
    const jwt = createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => true })
    const t = initTRPC.context<typeof jwt.createContext>().create()
    const router = t.router({ answer: jwt.protectedProcedure.query(() => answer) })
    const ctx = contextWith(jwt, await jwt.createAccessToken({ sub: 'ann' }))

    expect(await t.createCallerFactory(router)(ctx).answer()).toBe(answer)
  })
})
