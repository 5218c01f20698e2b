import { expect, test, vi } from 'vitest'

import { contextWith } from '../support/call.ts'
import { sleep } from '../support/client-api.ts'
import { heapInUse } from '../support/heap.ts'
import { mint } from '../support/mint.ts'
import { createStreams, endOf } from '../support/streams.ts'

const expired = { code: 'UNAUTHORIZED', message: 'Token expired', cause: { reason: 'expired' } }
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds
const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

test.each(['ticks', 'observed', 'optional'] as const)(
  '%s ends with its token in a typed UNAUTHORIZED, and its source is let go',
  async (path) => {
    const { jwt, router, released } = createStreams()
    const exp = inSeconds(2)
    const stream = await router.createCaller(contextWith(jwt, mint({ exp })))[path]()

    expect(await endOf(stream)).toMatchObject(expired)
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1_000)
    expect(Date.now()).toBeLessThan(exp * 1_000 + 500)
    await expect.poll(() => released.count, { timeout: 1_000 }).toBe(1)
  },
)

test('an idle generator ends for its reader at once; its own finally waits for its next event, as it is', async () => {
  const { jwt, router, released } = createStreams()
  const stream = await router.createCaller(contextWith(jwt, mint({ exp: inSeconds(2) }))).idle()

  expect(await endOf(stream)).toMatchObject(expired)
  expect(released.count).toBe(0)
})

test('a stream of a caller without a token goes on until it is left', async () => {
  const { jwt, router, released } = createStreams()
  const stream = await router.createCaller(contextWith(jwt)).optional()
  for await (const n of stream) if (n === 2) break
  await sleep(80)

  expect(released.count).toBe(1)
})

test('a session that was ended elsewhere ends its streams within cacheSeconds', async () => {
  const { jwt, router, store } = createStreams({ cacheSeconds: 1 })
  const token = await jwt.createAccessToken({ sub: 'ann' })
  const caller = router.createCaller(contextWith(jwt, token))
  const ends = Promise.all([caller.ticks(), caller.observed()].map(async (stream) => endOf(await stream)))
  await sleep(100)
  await store.endAll('ann')
  const endedAt = Date.now()
  const revoked = { code: 'UNAUTHORIZED', message: 'Invalid token', cause: { reason: 'revoked' } }

  expect(await ends).toMatchObject([revoked, revoked])
  expect(Date.now() - endedAt).toBeLessThan(2_300)
})

test('a stream ends also when retfunc throws at its end', async () => {
  const { jwt, router } = createStreams({
    retfunc: ({ type }) => {
      if (type === 'rejected') throw new Error('full disk')
    },
  })
  const stream = await router.createCaller(contextWith(jwt, mint({ exp: inSeconds(2) }))).ticks()

  expect(await endOf(stream)).toMatchObject({ code: 'INTERNAL_SERVER_ERROR', message: 'retfunc failed' })
})

test('a token that ends beyond the longest timer is no reason to end now, nor to look again and again', async () => {
  const clock = vi.fn<() => Date>(() => new Date())
  const { jwt, router } = createStreams({ clock })
  const controller = new AbortController()
  const ctx = contextWith(jwt, mint({ exp: inSeconds(60 * 86_400) }))
  const stream = await router.createCaller(ctx, { signal: controller.signal }).idle()
  const ended = vi.fn<(end: unknown) => void>()
  void endOf(stream).then(ended)
  await sleep(100)
  const asked = clock.mock.calls.length
  await sleep(300)

  expect([ended.mock.calls.length, clock.mock.calls.length - asked]).toEqual([0, 0])
  controller.abort()
  await expect.poll(() => ended.mock.calls, { timeout: 1_000 }).toEqual([['complete']])
})

test(
  'ten thousand streams that came and went leave no timer, and no heap that grows',
  { timeout: 30_000 },
  async () => {
    const { jwt, router, released } = createStreams()
    const token = mint({ exp: inSeconds(3_600) })
    const rounds = async (n: number) => {
      for (let i = 0; i < n; i += 1) {
        const caller = router.createCaller(contextWith(jwt, token))
        for await (const _ of await caller.ticks()) break
        const observed = await caller.observed()
        observed.subscribe({}).unsubscribe()
      }
      await sleep(100)
    }
    await rounds(500)
    const [before, heap] = [timers(), heapInUse()]
    await rounds(5_000)

    expect(timers()).toBeLessThanOrEqual(before)
    expect(released.count).toBe(11_000)
    expect(heapInUse() - heap).toBeLessThan(1)
  },
)
