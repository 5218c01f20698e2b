import { createSession } from 'trpc-jwt-trivial/client'
import { afterEach, expect, test, vi } from 'vitest'

import { asyncStorage } from '../support/async-storage.ts'
import {
  ANN,
  BOB,
  STORAGE_KEY,
  createClient,
  createClientApi,
  memoryStorage,
  serveClientApi,
  signedIn,
  sleep,
} from '../support/client-api.ts'
import { textOf } from '../support/client-errors.ts'
import { passTime, setClockAhead } from '../support/later.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

test('an entry that vanishes from an asynchronous storage is a sign-out, and is not written again', async () => {
  const storage = asyncStorage()
  const { client, session } = await signedIn({ storage })
  expect(storage.entries.size).toBe(1)
  storage.entries.clear() // "clear site data", or the app removes the entry itself
  passTime(860)
  await client.private.query().catch(() => {})

  expect([session.signedIn, storage.entries.get(STORAGE_KEY)?.includes('"token"') ?? false]).toEqual([false, false])
})

test('an entry that vanishes is a sign-out, even if the storage answers `undefined` instead of `null`', async () => {
  const entries = new Map<string, string>()
  const storage = { ...memoryStorage(entries), getItem: (key: string) => entries.get(key) as unknown as string | null }
  const { client, session } = await signedIn({ storage })
  await client.private.query()
  entries.clear()
  await client.hello.query().catch(() => {})

  expect([session.signedIn, entries.size]).toEqual([false, 0])
})

test(
  'a write that the storage finishes too late does not bring the tokens back after a sign-out',
  { timeout: 20_000 },
  async () => {
    const storage = asyncStorage()
    const { setItem } = storage
    let lateMs = 5_500
    storage.setItem = async (key, value) => {
      await sleep(lateMs)
      await setItem(key, value)
    }
    const { session } = await signedIn({ storage })
    lateMs = 0
    await session.signOut()
    await sleep(1_000)

    expect(storage.entries.get(STORAGE_KEY)?.includes('"token"') ?? false).toBe(false)
  },
)

test('two tabs do not overwrite each other for ever after a sign-in with a clock 500 days ahead', async () => {
  const entries = new Map<string, string>()
  const listeners: ((event: unknown) => void)[] = []
  let writes = 0
  const tab = (url: string) => {
    let mine: ((event: unknown) => void) | undefined
    vi.stubGlobal('addEventListener', (_name: string, listener: (event: unknown) => void) => {
      mine = listener
      listeners.push(listener)
    })
    const storage = {
      ...memoryStorage(entries),
      setItem(key: string, value: string) {
        if (entries.get(key) === value) return
        entries.set(key, value)
        writes += 1
        for (const each of listeners) if (each !== mine) setTimeout(() => each({ key }))
      },
    }
    return createClient(url, { storage })
  }
  const { url } = await serveClientApi(createClientApi())
  const first = tab(url)
  const setBack = setClockAhead(500 * 24 * 3_600)
  await first.client.token.create.mutate(ANN)
  setBack()
  const second = tab(url)
  await second.client.token.create.mutate(BOB)
  await sleep(300)
  const before = writes
  await sleep(500)

  expect(writes - before).toBe(0)
})

test('a session without a storage adds no listener in a server runtime that has events (Deno, Bun, workerd)', () => {
  const listen = vi.fn<() => void>()
  vi.stubGlobal('addEventListener', listen)
  for (let request = 0; request < 10; request += 1) createSession()

  expect(listen).not.toHaveBeenCalled()
})

test('a tab whose storage was full once keeps its sign-in, and another tab does not', async () => {
  const storage = memoryStorage()
  const { client, session, url } = await signedIn({ storage })
  const other = createClient(url, { storage })
  vi.spyOn(storage, 'setItem').mockImplementationOnce(() => {
    throw new Error('QuotaExceededError')
  })
  passTime(860)
  await client.private.query()
  for (let round = 0; round < 2; round += 1) {
    await other.client.hello.query().catch(textOf)
    expect(await client.private.query()).toBe('Your token worked, ann.')
  }
  expect([session.signedIn, other.session.signedIn]).toEqual([true, false])
  await client.token.create.mutate(BOB)
  await other.client.hello.query()

  expect(other.session.claims?.sub).toBe('bob')
})

test('a storage that answers too late keeps its entry, and is used again', { timeout: 20_000 }, async () => {
  const storage = asyncStorage()
  const { session, url } = await signedIn({ storage })
  storage.waitMs = 5_500 // as on a phone that suspends the app
  const next = createClient(url, { storage })
  await next.client.hello.query()
  expect(next.session.signedIn).toBe(false)
  storage.waitMs = 0
  await expect.poll(() => next.session.signInId, { timeout: 3_000 }).toBe(session.signInId)
  await sleep(50)

  expect(storage.entries.get(STORAGE_KEY)).toContain('"token"')
})

test('a sign-out replaces a text that this version cannot read, and that may hold tokens', async () => {
  const storage = memoryStorage()
  storage.setItem(STORAGE_KEY, '{"version":2,"token":"a.b.c"}')
  await createSession({ storage }).signOut()

  expect(storage.entries.get(STORAGE_KEY)).not.toContain('a.b.c')
})

test('a sign-out where nobody was signed in does not undo a later sign-in of another tab, though the clock was set back', async () => {
  const storage = memoryStorage()
  const api = createClientApi()
  const { url } = await serveClientApi(api)
  const [first, second] = [createClient(url, { storage }), createClient(url, { storage })]
  const setBack = setClockAhead(60)
  await first.session.signOut()
  setBack()
  await second.client.token.create.mutate(ANN)
  await first.client.hello.query()
  await second.client.hello.query()

  expect([first.session.signedIn, second.session.signedIn]).toEqual([true, true])
})
