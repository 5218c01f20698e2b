import { createTRPCClient, httpBatchLink, splitLink, wsLink } from '@trpc/client'
import { createSession, type Session } from 'trpc-jwt-trivial/client'
import { expect, test } from 'vitest'

import { bearerClients, tokenOf } from '../support/bearer-clients.ts'
import { ANN, createClientApi, serveClientApi, sleep, type ClientRouter } from '../support/client-api.ts'
import { countUp, follow, readWords } from '../support/follow.ts'
import { clientOverWebSocket } from '../support/session-clients.ts'
import { wsClientOf } from '../support/socket.ts'

const LIFETIME = 3

async function start() {
  const api = createClientApi({ expiresIn: LIFETIME })
  const renewals = { count: 0 }
  api.renewal.answer = () => (renewals.count += 1) > 0
  return { api, renewals, ...(await serveClientApi(api)) }
}

const besideHttp = ({ url, address }: { url: string; address: string }, session: Session) =>
  createTRPCClient<ClientRouter>({
    links: [
      session.link(),
      splitLink({
        condition: ({ path }) => ['count', 'quiet', 'slow'].includes(path),
        true: wsLink({
          client: wsClientOf(address, {
            connectionParams: session.connectionParams,
            lazy: { enabled: true, closeMs: 0 },
          }),
        }),
        false: httpBatchLink({ url, headers: session.headers }),
      }),
    ],
  })

test(
  'over a WebSocket alone, all queries succeed for three lifetimes, on one socket, with tokens renewed in time',
  { timeout: 20_000 },
  async () => {
    const { api, renewals, address } = await start()
    const client = clientOverWebSocket(createSession(), address)
    await client.token.create.mutate(ANN)
    const end = Date.now() + 3 * LIFETIME * 1_000
    const failed: unknown[] = []
    while (Date.now() < end) {
      await client.private.query().catch((error: unknown) => failed.push(error))
      await sleep(50)
    }

    expect(failed).toEqual([])
    expect(api.connections.opened).toBe(1)
    expect(renewals.count).toBeGreaterThanOrEqual(3)
    expect(renewals.count).toBeLessThanOrEqual(8)
  },
)

test(
  'a stream over a WebSocket alone goes on for two lifetimes, without any other call',
  { timeout: 20_000 },
  async () => {
    const { api, renewals, address } = await start()
    const client = clientOverWebSocket(createSession(), address)
    await client.token.create.mutate(ANN)
    const { numbers, errors, unsubscribe } = follow(client)
    await sleep((2 * LIFETIME + 0.5) * 1_000)
    unsubscribe()

    expect(errors).toEqual([])
    expect(numbers).toEqual(countUp(numbers))
    expect([api.connections.opened, renewals.count]).toEqual([1, 2])
  },
)

test(
  'a tracked stream whose token is renewed over HTTP loses and doubles no event in four lifetimes',
  { timeout: 20_000 },
  async () => {
    const served = await start()
    const client = besideHttp(served, createSession())
    await client.token.create.mutate(ANN)
    const { numbers, errors, unsubscribe } = follow(client)
    const written: unknown[] = []
    const end = Date.now() + 4 * LIFETIME * 1_000
    while (Date.now() < end) written.push(await client.slow.mutate().catch((error: unknown) => error))
    unsubscribe()

    expect(errors).toEqual([])
    expect(new Set(written)).toEqual(new Set(['done']))
    expect(numbers.length).toBeGreaterThan(300)
    expect(numbers).toEqual(countUp(numbers))
    expect(served.api.connections.opened).toBeGreaterThanOrEqual(4)
    expect(served.api.connections.opened).toBeLessThanOrEqual(10)
    expect(served.renewals.count).toBeLessThanOrEqual(10)
  },
)

test('a client that never renews is asked once to reconnect, and there is no storm', { timeout: 10_000 }, async () => {
  const { api, ...served } = await start()
  const { errors } = follow(bearerClients(served, await tokenOf(api)).bySocket)
  await sleep((LIFETIME + 1) * 1_000)

  expect(errors).toEqual(['Token expired'])
  expect(api.connections.opened).toBe(2)
})

test('a token that expires in two months causes no notice, and no storm', async () => {
  const api = createClientApi({ expiresIn: '60d' })
  const served = await serveClientApi(api)
  const { errors, numbers } = follow(bearerClients(served, await tokenOf(api)).bySocket)
  await sleep(500)

  expect([errors, api.connections.opened]).toEqual([[], 1])
  expect(numbers).toEqual(countUp(numbers))
})

test('a client with its own encoder gets no notice, because it could not read it', { timeout: 10_000 }, async () => {
  const api = createClientApi({ expiresIn: LIFETIME })
  const texts: string[] = []
  const encoder = {
    encode: (data: unknown) => new TextEncoder().encode(JSON.stringify(data)),
    decode: (data: string | ArrayBuffer | Uint8Array): unknown => {
      if (typeof data === 'string') texts.push(data)
      return JSON.parse(typeof data === 'string' ? data : new TextDecoder().decode(data))
    },
  }
  const { address } = await serveClientApi(api, { encoder })
  const authorization = `Bearer ${await tokenOf(api)}`
  const client = createTRPCClient<ClientRouter>({
    links: [
      wsLink({ client: wsClientOf(address, { connectionParams: { authorization }, experimental_encoder: encoder }) }),
    ],
  })
  const { errors, numbers } = follow(client)
  await sleep((LIFETIME + 0.5) * 1_000)

  expect(texts).toEqual([])
  expect(errors).toEqual(['Token expired'])
  expect(numbers).toEqual(countUp(numbers))
  expect(api.connections.opened).toBe(1)
})

test(
  'a stream without tracked() starts again when its socket reconnects, which is a known limit',
  { timeout: 10_000 },
  async () => {
    const served = await start()
    const client = besideHttp(served, createSession())
    await client.token.create.mutate(ANN)
    const { words, unsubscribe } = readWords(client, 'quiet')
    await sleep(LIFETIME * 1_000)
    unsubscribe()

    expect(words.length).toBeGreaterThanOrEqual(2)
    expect(served.api.connections.opened).toBeGreaterThanOrEqual(2)
  },
)

test(
  'a stream over a WebSocket goes on when a call renews its first token, and no call renews the next one',
  { timeout: 15_000 },
  async () => {
    const api = createClientApi({ expiresIn: 3 })
    const { address } = await serveClientApi(api)
    const client = clientOverWebSocket(createSession(), address)
    await client.token.create.mutate(ANN)
    const { numbers, errors, unsubscribe } = follow(client)
    await sleep(2_100)
    await client.private.query()
    await sleep(3_400)
    const { length } = numbers
    await sleep(600)
    unsubscribe()

    expect(errors).toEqual([])
    expect(numbers.length).toBeGreaterThan(length)
    expect(numbers).toEqual(countUp(numbers))
  },
)
