import type { TRPCLink } from '@trpc/client'
import { observable } from '@trpc/server/observable'
import { createSession } from 'trpc-jwt-trivial/client'
import { afterEach, expect, test, vi } from 'vitest'

import { ANN, createClient, memoryStorage, signedIn, sleep, type ClientRouter } from '../support/client-api.ts'
import { passTime } from '../support/later.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('a storage that was full once keeps no token: a sign-out is one for the next page too', async () => {
  const storage = memoryStorage()
  const setItem = vi.spyOn(storage, 'setItem')
  const { client, session } = await signedIn({ storage })
  setItem.mockImplementationOnce(() => {
    throw new Error('QuotaExceededError')
  })
  passTime(860)
  expect(await client.private.query()).toBe('Your token worked, ann.')
  expect([session.signedIn, storage.entries.size]).toEqual([true, 0])
  await client.token.revoke.mutate()

  expect([session.signedIn, createSession({ storage }).signedIn]).toEqual([false, false])
})

test('a listener that throws keeps nothing from the storage, nor from the other listeners', async () => {
  const reported: unknown[] = []
  vi.stubGlobal('reportError', (error: unknown) => reported.push(error))
  const storage = memoryStorage()
  const { client, session } = await signedIn({ storage })
  const gone = new Error('gone')
  const told = vi.fn<() => void>()
  session.subscribe(() => {
    throw gone
  })
  session.subscribe(told)
  await client.token.revoke.mutate()

  expect([session.signedIn, storage.entries.size, told.mock.calls.length]).toEqual([false, 0, 1])
  expect(reported).toEqual([gone])
})

test('a renewal does not undo the sign-in of another tab, where no event tells of it', async () => {
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
  await otherTab.token.create.mutate({ ...ANN, name: 'bob' })

  expect(await waiting).toBe('Your token worked, bob.')
  expect(entries.size).toBe(1)
  const reloaded = createSession({ storage: later })
  await reloaded.headers()
  expect(reloaded.claims?.sub).toBe('bob')
})

test.each([5, 'x', {}, [], null, { token: '', expiresIn: 5 }, { token: 'n.e.w' }, { json: { token: 'n.e.w' } }])(
  'an answer to a renewal that is no token, %j, keeps the session',
  async (nonsense) => {
    const { url } = await signedIn()
    const via = (): TRPCLink<ClientRouter> => () => (call) =>
      observable((observer) => {
        const data = call.op.path === 'token.create' ? { token: 'a.b.c', refreshToken: 'r', expiresIn: 900 } : nonsense
        observer.next({ result: { type: 'data', data } })
        observer.complete()
      })
    const made = createClient(url, { via })
    await made.client.token.create.mutate(ANN)
    passTime(1_000)

    await expect(made.client.private.query()).rejects.toThrow('The server answered no token')
    expect([made.session.signedIn, await made.session.headers()]).toEqual([true, { authorization: 'Bearer a.b.c' }])
  },
)
