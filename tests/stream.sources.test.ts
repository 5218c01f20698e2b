import { initTRPC } from '@trpc/server'
import { observable } from '@trpc/server/observable'
import { createJwtTrivial, type BearerContext } from 'trpc-jwt-trivial'
import { afterEach, expect, test, vi } from 'vitest'

import { contextWith } from './support/call.ts'
import { PASSPHRASE } from './support/mint.ts'

const jwt = createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => true, expiresIn: 2 })
const t = initTRPC.context<BearerContext>().create()

afterEach(() => {
  vi.useRealTimers()
})

const next = () => new Promise((resolve) => setTimeout(resolve, 20, { done: false, value: 1 }))

/** What a subscription whose source is this becomes. */
async function kept(source: unknown): Promise<unknown> {
  const router = t.router({ events: jwt.protectedProcedure.subscription(() => source as AsyncIterable<unknown>) })
  return t
    .createCallerFactory(router)(contextWith(jwt, await jwt.createAccessToken({})))
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

test('a query that streams is no subscription, and is handed on as it is', async () => {
  const source = { [Symbol.asyncIterator]: () => ({ next }) }
  const router = t.router({ numbers: jwt.protectedProcedure.query(() => source) })
  const caller = t.createCallerFactory(router)(contextWith(jwt, await jwt.createAccessToken({})))

  expect(await caller.numbers()).toBe(source)
})
