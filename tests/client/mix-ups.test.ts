import { createTRPCClient, TRPCClientError, type TRPCLink } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { observable } from '@trpc/server/observable'
import { createSession } from 'trpc-jwt-trivial/client'
import { afterEach, expect, test, vi } from 'vitest'

import { ANN, type ClientRouter, memoryStorage, signedIn } from '../support/client-api.ts'
import { passTime } from '../support/later.ts'

const KEY = 'trpc-jwt-trivial'
const kept = (token: string) => JSON.stringify({ token, refreshToken: 'r', endsAt: null, lifetime: null })

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** What a browser tells its tabs. */
function stubStorageEvents() {
  const listeners: ((event: unknown) => void)[] = []
  vi.stubGlobal('addEventListener', (_name: string, listener: (event: unknown) => void) => listeners.push(listener))
  return (event: { key: string; newValue: string | null; storageArea: object }) => {
    for (const listener of listeners) listener(event)
  }
}

test('what another tab writes into another storage under the same name is nobody here', async () => {
  const tell = stubStorageEvents()
  const storage = memoryStorage()
  storage.setItem(KEY, kept('a.b.c'))
  const session = createSession({ storage })
  tell({ key: KEY, newValue: kept('of.somebody.else'), storageArea: memoryStorage() })

  expect(await session.headers()).toEqual({ authorization: 'Bearer a.b.c' })
})

test('what another tab writes is read through the wrapper that wrote it', async () => {
  const tell = stubStorageEvents()
  const area = memoryStorage()
  const storage = {
    ...area,
    getItem: (key: string) => area.getItem(key) && atob(String(area.getItem(key))),
    setItem: (key: string, value: string) => area.setItem(key, btoa(value)),
  }
  const session = createSession({ storage })
  storage.setItem(KEY, kept('a.b.c'))
  tell({ key: KEY, newValue: area.getItem(KEY), storageArea: area })

  await vi.waitFor(() => expect(session.signedIn).toBe(true))
})

/** A server that answers a revocation when it is told to, and signs in whom it is asked for. */
function slowToRevoke() {
  let answer!: () => void
  const link: TRPCLink<AnyTRPCRouter> =
    () =>
    ({ op }) =>
      observable((observer) => {
        const data = op.path === 'token.create' && { token: (op.input as { name: string }).name, expiresIn: 900 }
        const settle = () => {
          observer.next({ result: { data } })
          observer.complete()
        }
        if (op.path === 'token.revoke') answer = settle
        else settle()
      })
  return { link, answer: () => answer() }
}

test('a revocation that is answered late forgets nobody who has signed in meanwhile', async () => {
  const { link, answer } = slowToRevoke()
  const session = createSession()
  const client = createTRPCClient<ClientRouter>({ links: [session.link(), link as TRPCLink<ClientRouter>] })
  await client.token.create.mutate(ANN)
  const revoking = client.token.revoke.mutate()
  await client.token.create.mutate({ ...ANN, name: 'bob' })
  answer()
  await revoking

  expect(await session.headers()).toEqual({ authorization: 'Bearer bob' })
})

test('with jwtErrorData an UNAUTHORIZED of the app in our words is not taken for ours, and its call is not sent twice', async () => {
  const { client, api, refreshes } = await signedIn({ withErrorData: true })

  await expect(client.hostile.query()).rejects.toThrow(TRPCClientError)
  expect([api.calls.filter((path) => path === 'hostile').length, refreshes()]).toEqual([1, 0])
})

test('sessions in memory, which no other tab shares, do not wait for one another', async () => {
  const request = vi.fn<() => Promise<never>>(() => new Promise(() => {}))
  vi.stubGlobal('window', globalThis)
  vi.stubGlobal('navigator', { locks: { request } })
  const { client, refreshes } = await signedIn()
  passTime(860)

  expect(await client.private.query()).toBe('Your token worked, ann.')
  expect([refreshes(), request.mock.calls.length]).toEqual([1, 0])
})
