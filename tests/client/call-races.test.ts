import { httpLink, wsLink } from '@trpc/client'
import { createSession } from 'trpc-jwt-trivial/client'
import { expect, test, vi } from 'vitest'

import { ANN, BOB, createClient, createClientApi, serveClientApi, signedIn, sleep } from '../support/client-api.ts'
import { CHANGED, textOf } from '../support/client-errors.ts'
import { passTime } from '../support/later.ts'
import { clientOverSocketAndHttp } from '../support/session-clients.ts'
import { wsClientOf } from '../support/socket.ts'
import { collectUnhandledRejections } from '../support/unhandled-rejections.ts'

test('of two sign-ins at once, the overtaken one rejects, and its session ends', async () => {
  const api = createClientApi()
  const { url } = await serveClientApi(api)
  const { client, session } = createClient(url)
  const settled = await Promise.all([
    client.token.create.mutate(ANN).then(() => 'signed in', textOf),
    client.token.create.mutate(BOB).then(() => 'signed in', textOf),
  ])
  await sleep(100)

  expect([session.claims?.sub, settled]).toEqual(['bob', [CHANGED, 'signed in']])
  expect(api.store.size).toBe(1)
})

test('a sign-in rejects if a later one has begun before its answer comes, and its session ends', async () => {
  const api = createClientApi()
  const { url } = await serveClientApi(api)
  const { client } = createClient(url, {
    via: ({ headers }) =>
      httpLink({
        url,
        headers,
        async fetch(input, init) {
          if (typeof init?.body === 'string' && init.body.includes('bob')) await sleep(200)
          return fetch(input, init as RequestInit)
        },
      }),
  })
  const anns = client.token.create.mutate(ANN).then(() => 'signed in', textOf)
  const bobs = client.token.create.mutate(BOB).then(() => 'signed in', textOf)
  const settled = await Promise.all([anns, bobs])
  await sleep(100)

  expect([settled, api.store.size]).toEqual([[CHANGED, 'signed in'], 1])
})

test('a held call ends if its link throws at once, and no rejection stays unhandled', async () => {
  const unhandled = collectUnhandledRejections()
  const { client } = await signedIn()
  passTime(860) // a renewal is due, so the call is held
  const errors: string[] = []
  try {
    client.count.subscribe(undefined, { onError: (error) => errors.push(error.message) }) // httpBatchLink: "unsupported"
  } catch (error) {
    errors.push(textOf(error as Error))
  }
  await sleep(300)

  expect(unhandled).toEqual([])
  expect(errors).toHaveLength(1)
})

test('a held call whose input cannot be serialized ends', async () => {
  const unhandled = collectUnhandledRejections()
  const api = createClientApi()
  const served = await serveClientApi(api)
  const session = createSession()
  const socket = wsClientOf(served.address, { connectionParams: session.connectionParams })
  const transformer = {
    serialize: () => {
      throw new Error('Cannot be serialized')
    },
    deserialize: (data: unknown) => data,
  }
  const client = clientOverSocketAndHttp(session, {
    url: served.url,
    client: socket,
    sending: wsLink({ client: socket, transformer } as never),
  })
  await client.token.create.mutate(ANN)
  passTime(860)
  const outcome = await Promise.race([client.double.query(1).catch(textOf), sleep(2_000).then(() => 'never settled')])

  expect([outcome, unhandled]).toEqual(['Cannot be serialized', []])
})

test('a sign-in does not wait for other calls, however many the current user makes', { timeout: 15_000 }, async () => {
  const { client } = await signedIn()
  let stopped = false
  const calls: Promise<unknown>[] = []
  const pump = (): void => {
    if (stopped) return
    calls.push(client.whoami.mutate().catch(() => {}))
    setTimeout(pump)
  }
  pump()
  await sleep(50)
  const outcome = await Promise.race([
    client.token.create.mutate(BOB).then(() => 'signed in'),
    sleep(3_000).then(() => 'waits'),
  ])
  stopped = true
  await Promise.all(calls)

  expect(outcome).toBe('signed in')
})

test('a listener that was added twice is still called after it has left once', async () => {
  const { session } = await signedIn()
  const listener = vi.fn<() => void>()
  session.subscribe(listener)
  session.subscribe(listener)()
  await session.signOut()

  expect(listener).toHaveBeenCalled()
})
