import { createSession } from 'trpc-jwt-trivial/client'
import { afterEach, expect, test, vi } from 'vitest'

import { BOB, createClient, memoryStorage, signedIn, sleep } from '../support/client-api.ts'
import { CHANGED } from '../support/client-errors.ts'
import { runningClock } from '../support/clock.ts'
import { passTime } from '../support/later.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

/** The Web Locks API, as far as a tab needs it. */
function stubLocks(scope: 'window' | 'WorkerGlobalScope' = 'window') {
  const queues = new Map<string, Promise<unknown>>()
  const requested: string[] = []
  vi.stubGlobal(scope, globalThis)
  vi.stubGlobal('navigator', {
    locks: {
      request(name: string, work: () => Promise<unknown>) {
        requested.push(name)
        const turn = (queues.get(name) ?? Promise.resolve()).then(work)
        queues.set(name, turn)
        return turn
      },
    },
  })
  return requested
}

test('two tabs with one storage and locks renew once', async () => {
  const requested = stubLocks()
  const storage = memoryStorage()
  const { client, url, refreshes } = await signedIn({ storage })
  const { client: second } = createClient(url, { storage })
  passTime(860)
  const calls = [client, second].flatMap(({ private: { query } }) => Array.from({ length: 10 }, () => query()))

  expect(await Promise.all(calls)).toEqual(Array(20).fill('Your token worked, ann.'))
  expect(refreshes()).toBe(1)
  expect(requested).toEqual(['trpc-jwt-trivial:renewal', 'trpc-jwt-trivial:renewal'])
})

test('two tabs renew once after a refusal too, over a slow storage', async () => {
  stubLocks()
  const clock = runningClock()
  const entries = memoryStorage()
  const storage = { ...entries, getItem: (key: string) => sleep(10).then(() => entries.getItem(key)) }
  const { client, url, refreshes } = await signedIn({ storage, clock: clock.read })
  const { client: second } = createClient(url, { storage })
  expect(await second.private.query()).toBe('Your token worked, ann.')
  clock.ahead = 901

  expect(await Promise.all([client.private.query(), second.private.query()])).toEqual(
    Array(2).fill('Your token worked, ann.'),
  )
  expect(refreshes()).toBe(1)
})

test('a document that may not use locks, such as a sandboxed frame, renews without them', async () => {
  vi.stubGlobal('window', globalThis)
  vi.stubGlobal('navigator', { locks: { request: () => Promise.reject(new DOMException('', 'SecurityError')) } })
  const { client, refreshes } = await signedIn({ storage: memoryStorage() })
  passTime(860)

  expect(await client.private.query()).toBe('Your token worked, ann.')
  expect(refreshes()).toBe(1)
})

test('a worker takes the lock too', async () => {
  const requested = stubLocks('WorkerGlobalScope')
  const { client, refreshes } = await signedIn({ storage: memoryStorage() })
  passTime(860)
  await client.private.query()

  expect([refreshes(), requested.length]).toEqual([1, 1])
})

test('a runtime with `window` but without `navigator` renews without a lock', async () => {
  vi.stubGlobal('window', globalThis)
  vi.stubGlobal('navigator', undefined)
  const { client, refreshes } = await signedIn({ storage: memoryStorage() })
  passTime(860)

  expect(await client.private.query()).toBe('Your token worked, ann.')
  expect(refreshes()).toBe(1)
})

test('two users of one server do not wait for each other, even where the runtime has locks', async () => {
  const request = vi.fn<() => Promise<never>>(() => new Promise(() => {}))
  vi.stubGlobal('navigator', { locks: { request } })
  const { client, refreshes } = await signedIn({ storage: memoryStorage() })
  passTime(860)

  expect(await client.private.query()).toBe('Your token worked, ann.')
  expect([refreshes(), request.mock.calls.length]).toEqual([1, 0])
})

test('two tabs without locks both succeed: the grace forgives the second', async () => {
  const storage = memoryStorage()
  const { client, url, refreshes } = await signedIn({ storage })
  const { client: second } = createClient(url, { storage })
  passTime(860)

  expect(await Promise.all([client.private.query(), second.private.query()])).toEqual(
    Array(2).fill('Your token worked, ann.'),
  )
  expect(refreshes()).toBeLessThanOrEqual(2)
})

test('a session in memory takes no lock, because no other tab shares it', async () => {
  const request = vi.fn<() => Promise<never>>(() => new Promise(() => {}))
  vi.stubGlobal('window', globalThis)
  vi.stubGlobal('navigator', { locks: { request } })
  const { client, refreshes } = await signedIn()
  passTime(860)

  expect(await client.private.query()).toBe('Your token worked, ann.')
  expect([refreshes(), request.mock.calls.length]).toEqual([1, 0])
})

test('a renewal does not undo a sign-in in another tab, even without a storage event', async () => {
  const { entries, ...storage } = memoryStorage()
  const later = {
    ...storage,
    getItem: (key: string) => sleep(5).then(() => storage.getItem(key)),
  }
  const { client, api, url } = await signedIn({ storage: later })
  const { client: otherTab } = createClient(url, { storage: later })
  passTime(860)
  api.renewal.answer = () => sleep(100).then(() => true)
  const waiting = client.private.query()
  await sleep(40)
  await otherTab.token.create.mutate(BOB)

  await expect(waiting).rejects.toThrow(CHANGED)
  expect(entries.size).toBe(1)
  const reloaded = createSession({ storage: later })
  await reloaded.headers()
  expect(reloaded.claims?.sub).toBe('bob')
})
