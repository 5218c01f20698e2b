import {
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  splitLink,
  TRPCClientError,
  createTRPCClient,
  type TRPCLink,
} from '@trpc/client'
import { createSession, type Session } from 'trpc-jwt-trivial/client'
import { expect, test } from 'vitest'

import {
  ANN,
  createClient,
  createClientApi,
  serveClientApi,
  signedIn,
  type ClientApiOptions,
  type ClientRouter,
} from '../support/client-api.ts'
import { unauthorized } from '../support/client-errors.ts'
import { runningClock } from '../support/clock.ts'
import { passTime } from '../support/later.ts'

type Via = (url: string) => (session: Session) => TRPCLink<ClientRouter>
const links: [string, Via][] = [
  [
    'httpLink',
    (url) =>
      ({ headers }) =>
        httpLink({ url, headers }),
  ],
  [
    'httpBatchLink',
    (url) =>
      ({ headers }) =>
        httpBatchLink({ url, headers }),
  ],
  [
    'httpBatchStreamLink',
    (url) =>
      ({ headers }) =>
        httpBatchStreamLink({ url, headers }),
  ],
  [
    'splitLink',
    (url) =>
      ({ headers }) =>
        splitLink({
          condition: ({ path }) => path.startsWith('token.'),
          true: httpLink({ url, headers }),
          false: httpBatchLink({ url, headers }),
        }),
  ],
]

test.each(links)('over %s, signs in, sends the token, renews it in time and forgets it', async (_name, via) => {
  const api = createClientApi()
  const { url } = await serveClientApi(api)
  const { client, session } = createClient(url, { via: via(url) })

  await expect(client.private.query()).rejects.toMatchObject(unauthorized('Authentication required'))
  await client.token.create.mutate(ANN)
  expect(await client.private.query()).toBe('Your token worked, ann.')
  passTime(860)
  expect(await client.private.query()).toBe('Your token worked, ann.')
  expect(api.timesCalled('token.refresh')).toBe(1)
  await client.token.revoke.mutate()
  expect(session.signedIn).toBe(false)
  await expect(client.private.query()).rejects.toMatchObject(unauthorized('Authentication required'))
})

test.each(links)(
  'over %s, twenty parallel calls with a token that the server finds expired all succeed',
  async (_name, via) => {
    const clock = runningClock()
    const api = createClientApi({ clock: clock.read })
    const { url } = await serveClientApi(api)
    const { client } = createClient(url, { via: via(url) })
    await client.token.create.mutate(ANN)
    clock.ahead = 901
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.private.query()))

    expect(answers).toEqual(Array(20).fill('Your token worked, ann.'))
    expect([api.timesCalled('token.refresh'), api.timesCalled('private')]).toEqual([1, 40])
  },
)

test('when the token is due, twenty parallel calls wait for one renewal', async () => {
  const { client, api, refreshes } = await signedIn()
  passTime(860)
  await Promise.all(Array.from({ length: 20 }, () => client.private.query()))

  expect([refreshes(), api.timesCalled('private')]).toEqual([1, 20])
})

test.each([false, true])(
  'renews, and sends a call again that the library refused, jwtErrorData %s',
  async (withErrorData) => {
    const clock = runningClock()
    const { client, refreshes } = await signedIn({ withErrorData, clock: clock.read })
    clock.ahead = 901

    expect(await client.private.query()).toBe('Your token worked, ann.')
    expect(refreshes()).toBe(1)
  },
)

async function privateAfterExpiry(options: ClientApiOptions): Promise<string> {
  const clock = runningClock()
  const { client } = await signedIn({ ...options, clock: clock.read })
  clock.ahead = 901
  return client.private.query()
}

test("a call that the library refused in the app's own words is sent again only with jwtErrorData", async () => {
  const ownText = 'Bitte neu anmelden'

  await expect(privateAfterExpiry({ ownText })).rejects.toMatchObject(unauthorized(ownText))
  expect(await privateAfterExpiry({ ownText, withErrorData: true })).toBe('Your token worked, ann.')
})

test.each([false, true])(
  'passes on an UNAUTHORIZED of the app, and renews nothing, jwtErrorData %s',
  async (withErrorData) => {
    const { client, api, refreshes, session } = await signedIn({ withErrorData })

    await expect(client.picky.query()).rejects.toMatchObject(unauthorized('Not on a Tuesday'))
    expect([refreshes(), api.timesCalled('picky'), session.signedIn]).toEqual([0, 1, true])
  },
)

test('a server that refuses everything gets each call twice, and parallel calls share one renewal', async () => {
  const { client, api, refreshes } = await signedIn()

  await expect(client.hostile.query()).rejects.toMatchObject(unauthorized('Token expired'))
  expect([api.timesCalled('hostile'), refreshes()]).toEqual([2, 1])
  await Promise.allSettled(Array.from({ length: 10 }, () => client.hostile.query()))
  expect(api.timesCalled('hostile')).toBe(22)
  expect(refreshes()).toBe(2)
})

test('a call without a token fails with the error of the server, and renews nothing', async () => {
  const api = createClientApi()
  const { url } = await serveClientApi(api)
  const { client } = createClient(url)

  await expect(client.hostile.query()).rejects.toMatchObject(unauthorized('Token expired'))
  expect(api.calls).toEqual(['hostile'])
})

test('works with a token router that was merged into the root of the router', async () => {
  const api = createClientApi()
  const merged = api.t.mergeRouters(api.own, api.jwt.tokenRouter)
  const { url } = await serveClientApi(api, { router: merged as unknown as typeof api.router })
  const session = createSession()
  const client = createTRPCClient<typeof merged>({
    links: [session.link({ router: '' }), httpBatchLink({ url, headers: session.headers })],
  })
  await client.create.mutate(ANN)
  passTime(860)
  const before = await session.headers()

  expect(await client.private.query()).toBe('Your token worked, ann.')
  expect(await session.headers()).not.toEqual(before)
  await client.revoke.mutate()
  expect(session.signedIn).toBe(false)
})

test('a refused `token.refresh` of the app changes no token', async () => {
  const { client, session } = await signedIn()
  const before = await session.headers()
  await expect(client.token.refresh.mutate({ refreshToken: 'nonsense' })).rejects.toMatchObject(
    unauthorized('Not authorised'),
  )

  expect(await session.headers()).toEqual(before)
})

test("with jwtErrorData, an UNAUTHORIZED of the app in the library's words renews nothing, and its call is sent once", async () => {
  const { client, api, refreshes } = await signedIn({ withErrorData: true })

  await expect(client.hostile.query()).rejects.toThrow(TRPCClientError)
  expect([api.timesCalled('hostile'), refreshes()]).toEqual([1, 0])
})
