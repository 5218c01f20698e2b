import { initTRPC } from '@trpc/server'
import { observable } from '@trpc/server/observable'
import { createJwtTrivial, type BearerContext } from 'trpc-jwt-trivial'
import { afterEach, describe, expect, test, vi } from 'vitest'

import { contextWith } from '../support/call.ts'
import { PASSPHRASE } from '../support/mint.ts'

const jwt = createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => true, expiresIn: 2 })
const t = initTRPC.context<BearerContext>().create()

afterEach(() => {
  vi.useRealTimers()
})

const next = () => new Promise((resolve) => setTimeout(resolve, 20, { done: false, value: 1 }))

/** What a subscription whose source is this becomes, for a caller who leaves by the signal. */
async function kept(source: unknown, signal = new AbortController().signal): Promise<unknown> {
  const router = t.router({ events: jwt.protectedProcedure.subscription(() => source as AsyncIterable<unknown>) })
  return t
    .createCallerFactory(router)(contextWith(jwt, await jwt.createAccessToken({})), { signal })
    .events()
}

test.each([
  ['answers at once', () => undefined],
  [
    'throws',
    () => {
      throw new Error('no return')
    },
  ],
])('a source whose return %s ends in the rejection all the same', async (_how, end) => {
  const stream = (await kept({ [Symbol.asyncIterator]: () => ({ next, return: end }) })) as AsyncIterable<number>

  await expect(async () => {
    for await (const value of stream) expect(value).toBe(1)
  }).rejects.toThrow('Token expired')
})

/** A source that says one word and then waits for ever, and how often it was let go. */
function quiet() {
  let said = false
  const end = vi.fn<() => undefined>()
  const iterator = {
    next: () => (said ? new Promise(() => {}) : Promise.resolve({ done: !(said = true), value: 'one word' })),
    return: end,
  }
  return { source: { [Symbol.asyncIterator]: () => iterator }, end }
}

/** A stream of such a source, and how its caller leaves. */
async function begin() {
  const [controller, { source, end }] = [new AbortController(), quiet()]
  const stream = (await kept(source, controller.signal)) as AsyncGenerator
  return { stream, end, leave: () => controller.abort() }
}

describe('a stream whose caller leaves ends, and lets go of its source once,', () => {
  const DONE = { done: true, value: undefined }

  test('while it waits for an event', async () => {
    const { stream, end, leave } = await begin()
    await stream.next()
    const waiting = stream.next()
    leave()

    expect([await waiting, end.mock.calls.length]).toEqual([DONE, 1])
  })

  test('between two events', async () => {
    const { stream, end, leave } = await begin()
    await stream.next()
    leave()

    expect([await stream.next(), end.mock.calls.length]).toEqual([DONE, 1])
  })

  test('before its first', async () => {
    const { stream, end, leave } = await begin()
    leave()

    expect([await stream.next(), end.mock.calls.length]).toEqual([DONE, 1])
  })

  test('though nobody ever read it', async () => {
    const { stream, end } = await begin()

    expect([await stream.return(undefined), end.mock.calls.length]).toEqual([DONE, 1])
    expect([await stream.return(undefined), end.mock.calls.length]).toEqual([DONE, 1])
  })
})

test('an observable that throws as it begins leaves no timer behind', async () => {
  vi.useFakeTimers()
  const failing = observable<number>(() => {
    throw new Error('no events today')
  })
  const stream = (await kept(failing)) as typeof failing

  expect(() => stream.subscribe({})).toThrow('no events today')
  await vi.advanceTimersByTimeAsync(0)
  expect(vi.getTimerCount()).toBe(0)
})

test.each([7, 'text', null, undefined, {}, []])(
  'returns a source that is not a stream unchanged: %j',
  async (answer) => {
    expect(await kept(answer)).toBe(answer)
  },
)
