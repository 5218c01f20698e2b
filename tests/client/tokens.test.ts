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
import { CHANGED } from '../support/client-errors.ts'
import { passTime } from '../support/later.ts'

const kept = (token: string, since = 1) =>
  JSON.stringify({
    since,
    name: 'abc',
    renewals: 0,
    router: 'token',
    token,
    refreshToken: 'r',
    endsAt: Date.now() + 60_000,
    dueAt: Date.now() + 40_000,
    graceMs: 10_000,
  })

afterEach(() => {
  vi.unstubAllGlobals()
})

/** What a browser tells its tabs about a storage. */
function stubStorageEvents() {
  const listeners: ((event: object) => void)[] = []
  vi.stubGlobal('addEventListener', (name: string, listener: (event: object) => void) => {
    if (name === 'storage') listeners.push(listener)
  })
  return (event: { key: string | null; newValue: string | null; storageArea?: object }) => {
    for (const listener of listeners) listener(event)
  }
}

test('keeps the tokens under one name, and leaves only the time of the sign-out there', async () => {
  const storage = memoryStorage()
  const { client } = await signedIn({ storage })

  expect([...storage.entries.keys()]).toEqual([STORAGE_KEY])
  await client.token.revoke.mutate()
  const left = JSON.parse(storage.entries.get(STORAGE_KEY) ?? '') as object
  expect(new Set(Object.keys(left))).toEqual(new Set(['since', 'name', 'renewals']))
})

test('keeps the tokens under the name that the app gives', async () => {
  const storage = memoryStorage()
  await signedIn({ storage, key: 'mine' })

  expect([...storage.entries.keys()]).toEqual(['mine'])
})

test('a later session finds the tokens that an earlier one kept', async () => {
  const storage = memoryStorage()
  const { url } = await signedIn({ storage })
  const reloaded = createClient(url, { storage })

  expect([reloaded.session.signedIn, reloaded.session.claims?.sub]).toEqual([true, 'ann'])
  expect(await reloaded.client.private.query()).toBe('Your token worked, ann.')
})

test.each(['', 'no json', '{}', '[]', '7', 'null', '{"token":7}'])('takes %j in the storage as signed out', (text) => {
  expect(createSession({ storage: memoryStorage(new Map([[STORAGE_KEY, text]])) }).signedIn).toBe(false)
})

test('works without a storage, each session for itself', async () => {
  const { url, session } = await signedIn()

  expect([session.signedIn, createClient(url).session.signedIn]).toEqual([true, false])
})

const fail = (): never => {
  throw new Error('QuotaExceededError')
}
const failLater = () => Promise.reject<null>(new Error('QuotaExceededError'))

test.each([
  ['reading', { ...memoryStorage(), getItem: fail }],
  ['writing', { ...memoryStorage(), setItem: fail }],
  ['taking away', { ...memoryStorage(), removeItem: fail }],
  ['everything', { getItem: fail, setItem: fail, removeItem: fail }],
  ['everything, later', { getItem: failLater, setItem: failLater, removeItem: failLater }],
])('without a storage that throws at %s, the session keeps the tokens in memory', async (_what, storage) => {
  const { client, session } = await signedIn({ storage })

  expect(await client.private.query()).toBe('Your token worked, ann.')
  await client.token.revoke.mutate()
  expect(session.signedIn).toBe(false)
})

test('the first call waits for an asynchronous storage', async () => {
  const storage = asyncStorage({ waitMs: 50 })
  const { url } = await signedIn({ storage })
  await sleep(100)
  const reloaded = createClient(url, { storage })

  expect(reloaded.session.signedIn).toBe(false)
  expect(await reloaded.client.private.query()).toBe('Your token worked, ann.')
  expect(reloaded.session.signedIn).toBe(true)
})

test('headers, too, wait for an asynchronous storage', async () => {
  const storage = asyncStorage({ waitMs: 50 })
  storage.entries.set(STORAGE_KEY, kept('a.b.c'))

  expect(await createSession({ storage }).headers()).toEqual({ authorization: 'Bearer a.b.c' })
})

test('a sign-in while an asynchronous storage is being read is not undone by what the storage answers', async () => {
  const storage = asyncStorage({ waitMs: 300 })
  storage.entries.set(STORAGE_KEY, kept('of.somebody.else'))
  const { url } = await serveClientApi(createClientApi())
  const { client, session } = createClient(url, { storage })
  await client.token.create.mutate(ANN)
  await sleep(700)

  expect(session.claims?.sub).toBe('ann')
  expect(storage.entries.get(STORAGE_KEY)).not.toContain('of.somebody.else')
})

test('a sign-out right after a sign-in reaches a slow storage last', async () => {
  const area = memoryStorage()
  const storage = { ...area, setItem: (key: string, text: string) => sleep(100).then(() => area.setItem(key, text)) }
  const { session } = await signedIn({ storage })
  await session.signOut()
  await sleep(150)

  expect([session.signedIn, storage.entries.get(STORAGE_KEY)]).toEqual([false, expect.not.stringContaining('"token"')])
})

test("takes over what another tab writes, from the browser's storage event", async () => {
  const tell = stubStorageEvents()
  const storage = memoryStorage()
  const session = createSession({ storage })
  const listener = vi.fn<() => void>()
  session.subscribe(listener)
  storage.setItem(STORAGE_KEY, kept('a.b.c'))
  tell({ key: 'another', newValue: kept('x.y.z') })
  expect(session.signedIn).toBe(false)
  tell({ key: STORAGE_KEY, newValue: kept('x.y.z') })
  expect(await session.headers()).toEqual({ authorization: 'Bearer a.b.c' })
  storage.entries.clear()
  tell({ key: null, newValue: null })

  expect([session.signedIn, listener.mock.calls.length]).toEqual([false, 2])
})

test('a storage that is full keeps no old token, so a sign-out holds for the next page too', async () => {
  const storage = memoryStorage()
  const { client, session } = await signedIn({ storage })
  vi.spyOn(storage, 'setItem').mockImplementation(() => {
    throw new Error('QuotaExceededError')
  })
  passTime(860)
  expect(await client.private.query()).toBe('Your token worked, ann.')
  expect([session.signedIn, storage.entries.size]).toEqual([true, 0])
  await client.token.revoke.mutate()

  expect([session.signedIn, createSession({ storage }).signedIn]).toEqual([false, false])
})

test('what another tab writes into another storage under the same name is ignored', async () => {
  const tell = stubStorageEvents()
  const storage = memoryStorage()
  storage.setItem(STORAGE_KEY, kept('a.b.c'))
  const session = createSession({ storage })
  tell({ key: STORAGE_KEY, newValue: kept('of.somebody.else', 2), storageArea: memoryStorage() })

  expect(await session.headers()).toEqual({ authorization: 'Bearer a.b.c' })
})

test('what another tab writes is read through the wrapper of the storage', async () => {
  const tell = stubStorageEvents()
  const area = memoryStorage()
  const storage = {
    ...area,
    getItem: (key: string) => area.getItem(key) && atob(String(area.getItem(key))),
    setItem: (key: string, value: string) => area.setItem(key, btoa(value)),
  }
  const session = createSession({ storage })
  storage.setItem(STORAGE_KEY, kept('a.b.c'))
  tell({ key: STORAGE_KEY, newValue: area.getItem(STORAGE_KEY), storageArea: area })

  await vi.waitFor(() => expect(session.signedIn).toBe(true))
})

test('an entry that vanishes from the storage is a sign-out, in every tab', async () => {
  const storage = memoryStorage()
  const { client, session, url } = await signedIn({ storage })
  const second = createClient(url, { storage })
  expect(await second.client.private.query()).toBe('Your token worked, ann.')
  storage.entries.clear()

  await expect(client.private.query()).rejects.toThrow(CHANGED)
  await expect(second.client.private.query()).rejects.toThrow(CHANGED)
  expect([session.signedIn, second.session.signedIn, storage.entries.size]).toEqual([false, false, 0])
})

test('with a storage that keeps nothing, the session keeps the tokens in memory', async () => {
  const { client, session } = await signedIn({ storage: { getItem: () => null, setItem() {}, removeItem() {} } })

  expect(await client.private.query()).toBe('Your token worked, ann.')
  expect(session.signedIn).toBe(true)
})

test('an older entry that another tab writes late is replaced by the newer one', async () => {
  const storage = memoryStorage()
  const { client, session } = await signedIn({ storage })
  const anns = storage.entries.get(STORAGE_KEY) ?? ''
  await client.token.create.mutate(BOB)
  storage.entries.set(STORAGE_KEY, anns)

  expect(await client.private.query()).toBe('Your token worked, bob.')
  expect(session.claims?.sub).toBe('bob')
  const reloaded = createSession({ storage })
  expect(reloaded.claims?.sub).toBe('bob')
})

test('a sign-out before an asynchronous storage has answered signs out the stored user', async () => {
  const storage = asyncStorage({ waitMs: 50 })
  await signedIn({ storage })
  const reloaded = createSession({ storage })
  await reloaded.signOut()
  const again = createSession({ storage })
  await again.headers()

  expect([reloaded.signedIn, again.signedIn]).toEqual([false, false])
})

test('after five seconds, the session goes on without a storage that never answers', { timeout: 10_000 }, async () => {
  const silent = { getItem: () => new Promise<null>(() => {}), setItem() {}, removeItem() {} }
  const { client, session } = await signedIn({ storage: silent })

  expect(await client.private.query()).toBe('Your token worked, ann.')
  expect(session.signedIn).toBe(true)
})
