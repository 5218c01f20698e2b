import type { Operation } from '@trpc/client'
import { createSession } from 'trpc-jwt-trivial/client'
import { expect, test, vi } from 'vitest'

import { ANN, STORAGE_KEY, memoryStorage, signedIn } from '../support/client-api.ts'
import { passTime } from '../support/later.ts'
import { mint } from '../support/mint.ts'

const ENTRY = {
  since: 1,
  name: 'abc',
  renewals: 0,
  router: 'token',
  endsAt: Number.MAX_SAFE_INTEGER,
  dueAt: 1,
  graceMs: 0,
}
const op: Operation = { id: 1, type: 'subscription', path: 'count', input: undefined, context: {}, signal: null }
const sessionWith = (token: string) =>
  createSession({ storage: memoryStorage(new Map([[STORAGE_KEY, JSON.stringify({ ...ENTRY, token })]])) })

test('a session that nobody has signed in to has nothing to send', async () => {
  const session = createSession()

  expect([session.signedIn, session.claims]).toEqual([false, null])
  expect(await session.headers()).toEqual({})
  expect(await session.connectionParams()).toBeNull()
})

test('gives the token to headers, connectionParams and the fetch of an EventSource', async () => {
  const { session } = await signedIn()
  const headers = await session.headers()
  const fetched = vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response())
  await session.eventSourceOptions({ op }).fetch('http://localhost/', { headers: { accept: 'text/event-stream' } })
  const sent = new Headers(fetched.mock.lastCall?.[1]?.headers)
  fetched.mockRestore()

  expect(headers).toEqual({ authorization: expect.stringMatching(/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/) })
  expect(await session.connectionParams()).toEqual(headers)
  expect(Object.fromEntries(sent)).toEqual({ accept: 'text/event-stream', ...headers })
})

test('reads the claims of the token, and gives the same object until they change', async () => {
  const { client, session } = await signedIn()
  const { claims } = session

  expect(claims).toMatchObject({ sub: 'ann', sid: expect.any(String) })
  expect(session.claims).toBe(claims)
  expect(Object.isFrozen(claims)).toBe(true)
  await client.token.revoke.mutate()
  expect(session.claims).toBeNull()
})

test('reads claims beyond ASCII', () => {
  expect(sessionWith(mint({ sub: 'Ærøskøbing ✓ 😀' })).claims?.sub).toBe('Ærøskøbing ✓ 😀')
})

test('reads claims without `atob` and `TextDecoder`, which React Native lacks', () => {
  const token = mint({ sub: 'Ærøskøbing ✓ 😀' })
  vi.stubGlobal('atob', undefined)
  vi.stubGlobal('TextDecoder', undefined)
  const { sub } = sessionWith(token).claims ?? {}
  vi.unstubAllGlobals()

  expect(sub).toBe('Ærøskøbing ✓ 😀')
})

test('a sign-in keeps its name through renewals, and the next one has another', async () => {
  const { client, session } = await signedIn()
  const { signInId } = session
  passTime(860)
  const before = await session.headers()
  await client.private.query()
  expect(await session.headers()).not.toEqual(before)
  expect([typeof signInId, session.signInId]).toEqual(['string', signInId])
  await client.token.create.mutate(ANN)
  expect(session.signInId).not.toBe(signInId)
  await session.signOut()

  expect(session.signInId).toBeNull()
})

test.each(['a.b.c', 'a._.c', `a.${btoa('no json!!')}.c`, 'a.Nw.c', 'a._w.c'])(
  'has no claims for the token %j, and does not throw',
  (token) => {
    const { signedIn: isSignedIn, claims } = sessionWith(token)
    expect([isSignedIn, claims]).toEqual([true, null])
  },
)

test('tells its listeners of a sign-in and a sign-out, until they leave', async () => {
  const { client, session } = await signedIn()
  const seen: boolean[] = []
  const leave = session.subscribe(() => seen.push(session.signedIn))
  await client.token.revoke.mutate()
  leave()
  await client.token.create.mutate({ name: 'bob', password: 'a guess' }).catch(() => {})
  await session.signOut()

  expect(seen).toEqual([false])
})

test('signOut forgets the tokens and calls no server', async () => {
  const { api, session } = await signedIn()
  const calls = api.calls.length
  await session.signOut()

  expect([session.signedIn, api.calls.length - calls, api.store.size]).toEqual([false, 0, 1])
})

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

test('leaves no timer behind once a connection has its parameters', async () => {
  const { session } = await signedIn()
  const before = timers()
  await session.connectionParams()

  expect(timers()).toBeLessThanOrEqual(before)
})

test('after a listener throws, the storage is still written, and the other listeners are still called', async () => {
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

  expect([session.signedIn, storage.entries.get(STORAGE_KEY), told.mock.calls.length]).toEqual([
    false,
    expect.not.stringContaining('"token"'),
    1,
  ])
  expect(reported).toEqual([gone])
})
