import { memorySessions } from 'trpc-jwt-trivial'
import { expect, test } from 'vitest'

import { standingClock } from '../support/clock.ts'
import { serveSessionApi } from '../support/session-api.ts'

function createStore() {
  const clock = standingClock()
  const store = memorySessions({ clock: clock.read })
  return {
    clock,
    store,
    begin: (sid: string, seconds: number, sub = 'ann') =>
      store.start({ sid, sub, expiresAt: new Date((clock.now + seconds) * 1_000) }),
  }
}

test('holds the live sessions, and drops the others within a minute after their end', async () => {
  const { clock, store, begin } = createStore()
  for (let i = 0; i < 1_000; i += 1) await begin(`short-${i}`, 30)
  await begin('long', 3_600)
  expect(store.size).toBe(1_001)
  clock.now += 59
  await begin('another', 3_600)
  expect(store.size).toBe(1_002)
  clock.now += 1
  await begin('a third', 3_600)
  expect(store.size).toBe(3)
})

test('stays small if users sign in all day', async () => {
  const { clock, store, begin } = createStore()
  for (let i = 0; i < 86_400; i += 10) {
    await begin(`session-${i}`, 600)
    clock.now += 10
  }
  expect(store.size).toBeLessThanOrEqual(67)
})

test('forgets a session that is over as soon as it is asked for', async () => {
  const { clock, store, begin } = createStore()
  await begin('one', 30)
  await begin('two', 30)
  clock.now += 30
  expect([await store.isLive('one'), await store.rotate('two', 0, 10), store.size]).toEqual([false, 'ended', 0])
})

test('stays empty if unknown sessions are looked up or ended', async () => {
  const { store } = createStore()
  for (let i = 0; i < 10_000; i += 1) {
    await store.end(`no session ${i}`)
    await store.endAll(`nobody ${i}`)
    await store.isLive(`no session ${i}`)
    await store.rotate(`no session ${i}`, 0, 10)
  }
  expect(store.size).toBe(0)
})

test('is live until the very instant of its end', async () => {
  const { clock, store, begin } = createStore()
  await begin('one', 30)
  clock.now += 29.999
  expect(await store.isLive('one')).toBe(true)
  clock.now += 0.001
  expect(await store.isLive('one')).toBe(false)
})

test('a session ends at its expiresAt, however often it is rotated', async () => {
  const { clock, store, begin } = createStore()
  await begin('one', 30)
  for (let generation = 0; generation < 29; generation += 1) {
    expect(await store.rotate('one', generation, 0)).toEqual({ generation: generation + 1 })
    clock.now += 1
  }
  clock.now += 1
  expect(await store.rotate('one', 29, 0)).toBe('ended')
})

test('the grace ends at its exact instant', async () => {
  const { clock, store, begin } = createStore()
  await begin('one', 3_600)
  await store.rotate('one', 0, 10)
  clock.now += 9.999
  expect(await store.rotate('one', 0, 10)).toEqual({ generation: 1 })
  clock.now += 0.001
  expect(await store.rotate('one', 0, 10)).toBe('reused')
  expect(store.size).toBe(0)
})

test('answers within the grace do not prolong it', async () => {
  const { clock, store, begin } = createStore()
  await begin('one', 3_600)
  await store.rotate('one', 0, 10)
  clock.now += 9
  await store.rotate('one', 1, 10)
  clock.now += 1
  expect(await store.rotate('one', 1, 10)).toEqual({ generation: 2 })
})

test('reuse is detected until the session would have ended', async () => {
  const { clock, store, begin } = createStore()
  await begin('one', 2_592_000)
  await store.rotate('one', 0, 10)
  clock.now += 2_591_999
  expect(await store.rotate('one', 0, 10)).toBe('reused')
})

test('ends all sessions of a subject, also those it began while it swept', async () => {
  const { clock, store, begin } = createStore()
  await begin('one', 30)
  clock.now += 60
  await begin('two', 30)
  await begin('three', 30, 'bob')
  await store.endAll('ann')
  expect([await store.isLive('two'), await store.isLive('three'), store.size]).toEqual([false, true, 1])
})

test('shrinks behind a served API once its sessions have expired', async () => {
  const { signIn, store, clock } = await serveSessionApi({ expiresIn: '1h' })
  await Promise.all(Array.from({ length: 50 }, () => signIn()))
  clock.now += 1_800
  await signIn()
  expect(store.size).toBe(51)
  clock.now += 1_800
  await signIn()
  expect(store.size).toBe(2)
  clock.now += 3_600
  await signIn()
  expect(store.size).toBe(1)
})
