import { httpBatchLink, type TRPCLink } from '@trpc/client'
import { observable } from '@trpc/server/observable'
import type { Session } from 'trpc-jwt-trivial/client'
import { expect, test, vi } from 'vitest'

import { ANN, BOB, createClient, memoryStorage, signedIn, sleep, type ClientRouter } from '../support/client-api.ts'
import { CHANGED, textOf } from '../support/client-errors.ts'
import { gate } from '../support/gate.ts'
import { passTime, setClockAhead } from '../support/later.ts'

const UNAVAILABLE = { message: 'Service unavailable', data: { code: 'SERVICE_UNAVAILABLE' } }

test('a token that is not due is not renewed', async () => {
  const { client, refreshes } = await signedIn()
  passTime(800)
  await client.private.query()

  expect(refreshes()).toBe(0)
})

test('a due token is renewed once, and not again by the calls that follow', async () => {
  const { client, refreshes } = await signedIn()
  passTime(860)
  await client.private.query()
  await client.private.query()
  passTime(800)
  await client.private.query()
  expect(refreshes()).toBe(1)
  passTime(60)
  await client.private.query()

  expect(refreshes()).toBe(2)
})

test('not all clients renew at the same moment', async () => {
  const random = vi.spyOn(Math, 'random')
  const renewsAfter = async (share: number, seconds: number) => {
    random.mockReturnValue(share)
    const { client, refreshes } = await signedIn()
    passTime(seconds)
    await client.private.query()
    vi.useRealTimers()
    return refreshes()
  }

  expect([await renewsAfter(0, 850), await renewsAfter(0.99, 850)]).toEqual([0, 1])
  expect([await renewsAfter(0, 856), await renewsAfter(0.99, 837)]).toEqual([1, 0])
  random.mockRestore()
})

test.each([-300_000, -3_000, 3_000, 300_000])(
  'a server clock that is %i ms off causes no renewal, and no loop',
  async (off) => {
    const { client, refreshes } = await signedIn({ clock: () => new Date(Date.now() + off) })
    for (let i = 0; i < 5; i += 1) expect(await client.private.query()).toBe('Your token worked, ann.')
    expect(refreshes()).toBe(0)
    passTime(860)
    await client.private.query()
    await client.private.query()

    expect(refreshes()).toBe(1)
  },
)

test('after its clock was set back for hours, a client renews when the server refuses its token', async () => {
  let ahead = 0
  const { client, refreshes, api } = await signedIn({
    clock: () => new Date(performance.timeOrigin + performance.now() + ahead),
  })
  passTime(-7_200)
  ahead = 901_000

  expect([await client.private.query(), refreshes()]).toEqual(['Your token worked, ann.', 1])
  expect(api.timesCalled('private')).toBe(2)
})

test('a renewal that is refused before the token expires signs out, and the calls that waited reject', async () => {
  const { client, api, session, refreshes } = await signedIn()
  passTime(860)
  api.renewal.answer = () => false
  const settled = await Promise.allSettled([client.private.query(), client.private.query(), client.hello.query()])

  expect(settled).toMatchObject([
    { status: 'rejected', reason: { message: 'Not authorised' } },
    { status: 'rejected', reason: { message: 'Not authorised' } },
    { status: 'rejected', reason: { message: 'Not authorised' } },
  ])
  expect([session.signedIn, refreshes(), api.store.size]).toEqual([false, 1, 0])
})

test.each([false, true])(
  'a renewal after a refused call signs out if it is refused too, jwtErrorData %s',
  async (withErrorData) => {
    const { client, api, session, refreshes } = await signedIn({ withErrorData })
    await api.jwt.endSessions('ann')
    const settled = await Promise.allSettled([client.private.query(), client.private.query()])

    expect(settled).toMatchObject([
      { reason: { message: 'Not authorised' } },
      { reason: { message: 'Not authorised' } },
    ])
    expect([session.signedIn, refreshes()]).toEqual([false, 1])
  },
)

test('a renewal that is unavailable while the token is valid keeps the session, and the calls are sent', async () => {
  const { client, api, session, refreshes } = await signedIn()
  const rotate = vi.spyOn(api.store, 'rotate').mockRejectedValue(new Error('down'))
  passTime(860)
  expect(await Promise.all([client.private.query(), client.private.query()])).toEqual(
    Array(2).fill('Your token worked, ann.'),
  )
  await client.private.query()
  expect([session.signedIn, refreshes()]).toEqual([true, 1])
  rotate.mockRestore()
  passTime(6)
  await client.private.query()

  expect(refreshes()).toBe(2)
})

test('a renewal that is unavailable once the token has expired keeps the session, and the calls that waited reject', async () => {
  const { client, api, session, refreshes } = await signedIn()
  const rotate = vi.spyOn(api.store, 'rotate').mockRejectedValue(new Error('down'))
  passTime(1_000)
  const settled = await Promise.allSettled([client.private.query(), client.private.query()])
  expect(settled).toMatchObject([{ reason: UNAVAILABLE }, { reason: UNAVAILABLE }])
  expect([session.signedIn, refreshes()]).toEqual([true, 1])
  rotate.mockRestore()
  await expect(client.private.query()).rejects.toMatchObject(UNAVAILABLE)
  expect(refreshes()).toBe(1)
  passTime(6)

  expect(await client.private.query()).toBe('Your token worked, ann.')
})

test('a call whose token expires while it waits for a renewal waits on', async () => {
  const { api, client } = await signedIn()
  const answered = gate()
  api.renewal.answer = () => answered.opened.then(() => true)
  setClockAhead(898.5) // the client counts on 899 s
  const call = client.private.query().catch(textOf)
  await sleep(1_300) // it would wait for 1 s while its token is good
  answered.open()

  expect(await call).toBe('Your token worked, ann.')
})

test('a renewal whose answer is lost is given up while the grace still forgives another try', async () => {
  let losing = true
  const lossy =
    ({ headers }: Session): TRPCLink<ClientRouter> =>
    (runtime) => {
      const send = httpBatchLink({ url: api.url, headers })(runtime)
      return (call) =>
        losing && call.op.path === 'token.refresh' ? observable(() => send(call).subscribe({})) : send(call)
    }
  const api = await signedIn()
  const { client, session } = createClient(api.url, { via: lossy })
  await client.token.create.mutate(ANN)
  passTime(1_000)
  const started = performance.now()
  const settled = await Promise.allSettled([client.private.query(), client.hello.query()])
  const seconds = (performance.now() - started) / 1_000
  const late = { reason: { message: 'The renewal was not answered in time' } }
  expect([settled, session.signedIn, api.refreshes()]).toMatchObject([[late, late], true, 1])
  passTime(seconds)
  losing = false

  expect(await client.private.query()).toBe('Your token worked, ann.')
  expect(api.refreshes()).toBe(2)
})

test('a sign-out during a renewal is not undone by its answer', async () => {
  const storage = memoryStorage()
  const { client, api, session } = await signedIn({ storage })
  passTime(860)
  api.renewal.answer = () => sleep(100).then(() => true)
  const waiting = client.private.query().catch(textOf)
  await sleep(30)
  await session.signOut()

  expect(await waiting).toBe(CHANGED)
  await sleep(100)
  expect([session.signedIn, [...storage.entries.values()].join('')]).toEqual([
    false,
    expect.not.stringContaining('"token"'),
  ])
})

test('a sign-out while a renewal reads a slow storage is not undone', async () => {
  const { entries, ...storage } = memoryStorage()
  const slow = {
    ...storage,
    getItem: (key: string) => [storage.getItem(key)].map((text) => sleep(80).then(() => text))[0] ?? null,
  }
  const { client, session, refreshes } = await signedIn({ storage: slow })
  passTime(860)
  const waiting = client.private.query().catch(textOf)
  await sleep(30)
  await session.signOut()

  expect(await waiting).toBe(CHANGED)
  await sleep(200)
  expect([session.signedIn, [...entries.values()].join(''), refreshes()]).toEqual([
    false,
    expect.not.stringContaining('"token"'),
    0,
  ])
})

test('a sign-in of another user during a renewal is kept', async () => {
  const { client, api, session } = await signedIn()
  passTime(860)
  api.renewal.answer = () => sleep(100).then(() => true)
  const waiting = client.private.query()
  await sleep(30)
  await client.token.create.mutate(BOB)
  await expect(waiting).rejects.toThrow(CHANGED)
  await sleep(100)

  expect([session.claims?.sub, api.calls.includes('private')]).toEqual(['bob', false])
})

test.each([5, 'x', {}, [], null, { token: '', expiresIn: 5 }, { token: 'n.e.w' }, { json: { token: 'n.e.w' } }])(
  'a renewal that is answered with %j, which is no token, keeps the session',
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
