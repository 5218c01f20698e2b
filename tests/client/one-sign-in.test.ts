import { httpBatchLink, httpBatchStreamLink, httpLink, type TRPCLink } from '@trpc/client'
import type { Session } from 'trpc-jwt-trivial/client'
import { describe, expect, test } from 'vitest'

import {
  ANN,
  BOB,
  createClient,
  createClientApi,
  memoryStorage,
  serveClientApi,
  signedIn,
  sleep,
  type ClientRouter,
} from '../support/client-api.ts'
import { CHANGED, textOf } from '../support/client-errors.ts'
import { gate } from '../support/gate.ts'
import { passTime } from '../support/later.ts'

/** Two tabs that share a storage, with Ann signed in. */
async function twoTabs(via?: (url: string) => (session: Session) => TRPCLink<ClientRouter>) {
  const api = createClientApi()
  const { url } = await serveClientApi(api)
  const storage = memoryStorage()
  const options = { storage, ...(via && { via: via(url) }) }
  const [first, second] = [createClient(url, options), createClient(url, options)]
  await first.client.token.create.mutate(ANN)
  return { api, url, storage, first, second }
}

describe('a call in flight', () => {
  test('that is refused after another user has signed in is not sent again as that user', async () => {
    const { client, api, session } = await signedIn()
    const guard = gate()
    api.late.until = () => guard.opened
    const late = client.late.mutate().catch(textOf)
    await expect.poll(() => api.calls).toContain('late')
    await api.jwt.endSessions('ann')
    await session.signOut()
    await client.token.create.mutate(BOB)
    guard.open()

    expect(await late).toBe('Invalid token')
    await sleep(50)
    expect([api.ran, session.claims?.sub]).toEqual([[], 'bob'])
  })

  test('that is answered after another user has signed in keeps its answer', async () => {
    const { client, api } = await signedIn()
    const guard = gate()
    api.late.until = () => guard.opened
    const late = client.late.mutate()
    await expect.poll(() => api.calls).toContain('late')
    await client.token.create.mutate(BOB)
    guard.open()

    expect(await late).toBe('ann')
  })

  test('that is refused after the same user has signed in again is not sent again either', async () => {
    const { client, api } = await signedIn()
    const guard = gate()
    api.late.until = () => guard.opened
    const late = client.late.mutate().catch(textOf)
    await expect.poll(() => api.calls).toContain('late')
    await api.jwt.endSessions('ann')
    await client.token.create.mutate(ANN)
    guard.open()

    expect(await late).toBe('Invalid token')
    expect(api.ran).toEqual([])
  })
})

describe('a call that waits for a renewal', () => {
  test('ends when the other tab signs somebody else in', async () => {
    const { api, first, second } = await twoTabs()
    passTime(1_000)
    const renewal = gate()
    api.renewal.answer = () => renewal.opened.then(() => true)
    const held = first.client.late.mutate().catch(textOf)
    await expect.poll(() => api.calls).toContain('token.refresh')
    await second.client.token.create.mutate(BOB)
    await first.client.hello.query().catch(() => {}) // reads the storage

    expect(await held).toBe(CHANGED)
    renewal.open()
    await sleep(400)
    expect(api.ran).toEqual([])
    expect([first.session.claims?.sub, second.session.claims?.sub]).toEqual(['bob', 'bob'])
  })

  test('ends when its user signs out, and is not sent as nobody', async () => {
    const { client, api, session } = await signedIn()
    passTime(1_000)
    const renewal = gate()
    api.renewal.answer = () => renewal.opened.then(() => true)
    const held = client.whoami.mutate().catch(textOf)
    await expect.poll(() => api.calls).toContain('token.refresh')
    await session.signOut()

    expect(await held).toBe(CHANGED)
    renewal.open()
    await sleep(100)
    expect(api.ran).toEqual([])
  })
})

const batches = [
  ['httpLink', httpLink],
  ['httpBatchLink', httpBatchLink],
  ['httpBatchStreamLink', httpBatchStreamLink],
] as const

describe.each(batches)('over %s, between the link and the headers', (_name, link) => {
  const via =
    (url: string) =>
    ({ headers }: Session): TRPCLink<ClientRouter> =>
      link({ url, headers: async (calls: Parameters<typeof headers>[0]) => sleep(20).then(() => headers(calls)) })

  test('a change of user in the other tab ends the calls of the former one', async () => {
    const { api, first, second } = await twoTabs(via)
    const before = first.session.signInId
    const held = [first.client.whoami.mutate(), first.client.late.mutate()].map((call) => call.catch(textOf))
    await second.client.token.create.mutate(BOB)
    first.session.headers().catch(() => {})
    await first.client.hello.query().catch(() => {})

    expect(before).not.toBe(first.session.signInId)
    const settled = await Promise.all(held)
    expect(api.ran.filter((each) => each.endsWith('as bob'))).toEqual([])
    expect(settled.every((each) => each === CHANGED || each === 'ann')).toBe(true)
  })

  test('the calls of two users are never sent together, and each current one is sent once', async () => {
    const api = createClientApi()
    const { url } = await serveClientApi(api)
    const { client, session } = createClient(url, { via: via(url) })
    await client.token.create.mutate(ANN)
    const annsCalls = [client.whoami.mutate(), client.whoami.mutate()].map((call) => call.catch(textOf))
    await session.signOut()
    const nobodys = client.whoami.mutate()
    const signIn = client.token.create.mutate(BOB)

    expect(await Promise.all(annsCalls)).toEqual([CHANGED, CHANGED])
    expect(await nobodys).toBe('nobody')
    await signIn
    expect(await client.whoami.mutate()).toBe('bob')
    expect(api.ran).toEqual(['whoami as nobody', 'whoami as bob'])
  })
})

describe('a refused renewal', () => {
  test('removes nothing that another tab has put into the storage', async () => {
    const { api, first, second } = await twoTabs()
    passTime(1_000)
    const renewal = gate()
    api.renewal.answer = () => renewal.opened.then(() => false)
    const held = first.client.private.query().catch(textOf)
    await expect.poll(() => api.calls).toContain('token.refresh')
    await second.client.token.create.mutate(BOB)
    renewal.open()

    expect(await held).toBe(CHANGED)
    await sleep(100)
    expect(await second.client.private.query()).toBe('Your token worked, bob.')
    expect(await first.client.private.query()).toBe('Your token worked, bob.')
  })
})

/** A client that gets the answer to a sign-in late: by the milliseconds in `delays` for that user. */
async function slowSignIns() {
  const delays = new Map<unknown, number>()
  const api = createClientApi()
  const { url } = await serveClientApi(api)
  const made = createClient(url, {
    via: ({ headers }) =>
      httpLink({
        url,
        headers,
        async fetch(input, init) {
          const response = await fetch(input, init as RequestInit)
          const { name } = JSON.parse(typeof init?.body === 'string' ? init.body : '{}') as { name?: string }
          await sleep(delays.get(name) ?? 0)
          return response
        },
      }),
  })
  return { api, delays, ...made }
}

describe('the latest request', () => {
  test('wins over a sign-in that is answered later, which rejects, and whose session ends on the server', async () => {
    const { api, client, session, delays } = await slowSignIns()
    delays.set('ann', 200)
    const overtaken = client.token.create.mutate(ANN).catch(textOf)
    await sleep(20)
    await client.token.create.mutate(BOB)

    expect(await overtaken).toBe(CHANGED)
    expect(session.claims?.sub).toBe('bob')
    await expect.poll(() => api.store.size).toBe(1)
    expect(await client.private.query()).toBe('Your token worked, bob.')
  })

  test.each(['signOut', 'token.revoke'])('by %s undoes a sign-in that is answered after it', async (name) => {
    const { api, client, session, delays } = await slowSignIns()
    delays.set('ann', 200)
    const overtaken = client.token.create.mutate(ANN).catch(textOf)
    await sleep(20)
    await (name === 'signOut' ? session.signOut() : client.token.revoke.mutate().catch(() => {}))

    expect(await overtaken).toBe(CHANGED)
    expect(session.signedIn).toBe(false)
    await expect.poll(() => api.store.size).toBe(0)
  })

  test('wins, whichever tab made it', async () => {
    const { url, api, storage, first } = await twoTabs()
    const request = gate()
    const slow = createClient(url, {
      storage,
      via: ({ headers }) =>
        httpLink({
          url,
          headers,
          fetch: (input, init) => request.opened.then(() => fetch(input, init as RequestInit)),
        }),
    })
    const overtaken = slow.client.token.create.mutate(ANN).catch(textOf)
    await sleep(20)
    await first.client.token.create.mutate(BOB)
    request.open()

    expect(await overtaken).toBe(CHANGED)
    expect([slow.session.claims?.sub, first.session.claims?.sub]).toEqual(['bob', 'bob'])
    await expect.poll(() => api.store.size).toBe(2)
  })
})
