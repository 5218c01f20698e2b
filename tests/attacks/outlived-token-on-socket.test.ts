import { createTRPCClient, createWSClient, httpSubscriptionLink, wsLink } from '@trpc/client'
import { EventSource } from 'eventsource'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'

import { ANN, createClientApi, serveClientApi, sleep, type ClientRouter } from '../support/client-api.ts'
import { follow } from '../support/follow.ts'

/** Signs in once and uses the token, which is never renewed, on an open WebSocket and in the header of an SSE stream. */
async function start(options: Parameters<typeof createClientApi>[0] = {}) {
  const api = createClientApi(options)
  const { url, address } = await serveClientApi(api)
  const { token } = await api.router.createCaller(api.jwt.createContext()).token.create(ANN)
  const authorization = `Bearer ${token}`
  const socket = createWSClient({
    url: address,
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
    connectionParams: { authorization },
  })
  onTestFinished(() => socket.close())
  const eventSourceOptions = {
    fetch: (input: string | URL, init?: RequestInit) =>
      fetch(input, { ...init, headers: { accept: 'text/event-stream', authorization } }),
  }
  return {
    api,
    bySocket: createTRPCClient<ClientRouter>({ links: [wsLink({ client: socket })] }),
    bySse: createTRPCClient<ClientRouter>({ links: [httpSubscriptionLink({ url, EventSource, eventSourceOptions })] }),
  }
}

const refusal = (message: string) => ({ message, data: { code: 'UNAUTHORIZED', httpStatus: 401 } })

test('each call on an open socket checks the time again', async () => {
  let ahead = 0
  const { bySocket } = await start({ clock: () => new Date(Date.now() + ahead) })
  expect(await bySocket.private.query()).toBe('Your token worked, ann.')
  ahead = 901_000

  await expect(bySocket.private.query()).rejects.toMatchObject(refusal('Token expired'))
  await expect(bySocket.slow.mutate()).rejects.toMatchObject(refusal('Token expired'))
  expect(await bySocket.hello.query()).toBe('Anyone may call this.')
})

test('each call on an open socket checks the session again', async () => {
  const { api, bySocket } = await start()
  expect(await bySocket.private.query()).toBe('Your token worked, ann.')
  await api.store.endAll('ann')

  await expect(bySocket.private.query()).rejects.toMatchObject(refusal('Invalid token'))
  await expect(bySocket.double.query(2)).rejects.toMatchObject(refusal('Invalid token'))
})

test.each(['bySocket', 'bySse'] as const)('a running stream ends at exp, %s', { timeout: 8_000 }, async (way) => {
  const made = await start({ expiresIn: 3 })
  const { numbers, errors } = follow(made[way])
  await expect.poll(() => errors, { timeout: 5_000 }).toEqual(['Token expired'])
  const { length } = numbers
  await sleep(300)

  expect(length).toBeGreaterThan(20)
  expect([numbers.length, errors]).toEqual([length, ['Token expired']])
})

test.each(['bySocket', 'bySse'] as const)(
  'a stream without events ends at exp, %s',
  { timeout: 8_000 },
  async (way) => {
    const made = await start({ expiresIn: 2 })
    const errors: unknown[] = []
    made[way].quiet.subscribe(undefined, { onError: (error) => errors.push(error) })

    await expect
      .poll(() => errors, { timeout: 4_000 })
      .toMatchObject([{ message: 'Token expired', data: { code: 'UNAUTHORIZED' } }])
  },
)

test.each(['bySocket', 'bySse'] as const)(
  'a running stream ends with its session, %s',
  { timeout: 8_000 },
  async (way) => {
    const made = await start({ cacheSeconds: 1 })
    const { numbers, errors } = follow(made[way])
    await expect.poll(() => numbers.length).toBeGreaterThan(2)
    await made.api.store.endAll('ann')

    await expect.poll(() => errors, { timeout: 3_000 }).toEqual(['Invalid token'])
  },
)
