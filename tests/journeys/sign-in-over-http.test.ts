import { createTRPCClient, httpBatchLink, httpBatchStreamLink, httpLink, type TRPCClientError } from '@trpc/client'
import type { TRPCError } from '@trpc/server'
import { JwtRejection } from 'trpc-jwt-trivial'
import { expect, test } from 'vitest'

import { createApi, PASSWORD, serveApi, type AppRouter } from '../support/api.ts'
import { standingClock } from '../support/clock.ts'
import { mint } from '../support/mint.ts'
import { serve, serveFetch } from '../support/serve.ts'

/** The stock client, with a token that can be changed, and the heads of the answers that it got. */
function clientOf(url: string, token?: string) {
  const session = { token }
  const heads: { status: number; challenge: string | null; cache: string | null }[] = []
  const options = {
    url,
    headers: () => (session.token === undefined ? {} : { authorization: `Bearer ${session.token}` }),
    fetch: async (input: RequestInfo | URL | string, init?: object) => {
      const response = await fetch(input, init)
      const { status, headers } = response
      heads.push({ status, challenge: headers.get('www-authenticate'), cache: headers.get('cache-control') })
      return response
    },
  }
  return {
    session,
    heads,
    trpc: createTRPCClient<AppRouter>({ links: [httpBatchLink(options)] }),
    single: createTRPCClient<AppRouter>({ links: [httpLink(options)] }),
    streamed: createTRPCClient<AppRouter>({ links: [httpBatchStreamLink(options)] }),
  }
}

/** What the stock client's user sees of a refusal. */
const seen = (call: Promise<unknown>) =>
  call.then(
    (answer) => answer,
    ({ message, data }: TRPCClientError<AppRouter>) => `${data?.httpStatus} ${data?.code}: ${message}`,
  )

const credentials = { name: 'ann', password: PASSWORD }

/** Signs in, calls, is refused. */
async function tour(url: string) {
  const { trpc, session, heads } = clientOf(url)
  const before = await seen(trpc.private.query())
  const { token, ...rest } = await trpc.token.create.mutate(credentials)
  session.token = token
  const after = [await trpc.private.query(), await trpc.write.mutate(), await trpc.optional.query()]
  const forbidden = await seen(trpc.admin.query())
  return { before, rest, after, forbidden, heads }
}

const expectedTour = {
  before: '401 UNAUTHORIZED: Authentication required',
  rest: { category: 'Bearer', expiresIn: 900 },
  after: ['Your token worked, ann.', 'Written, ann.', 'ann'],
  forbidden: '403 FORBIDDEN: Insufficient scope',
  heads: [
    { status: 401, challenge: 'Bearer realm="trpc"', cache: null },
    { status: 200, challenge: null, cache: 'no-store' },
    { status: 200, challenge: null, cache: null },
    { status: 200, challenge: null, cache: null },
    { status: 200, challenge: null, cache: null },
    { status: 403, challenge: 'Bearer realm="trpc", error="insufficient_scope", scope="admin audit"', cache: null },
  ],
}

test('over the standalone adapter the stock client signs in, calls what is protected, and is refused with typed errors', async () => {
  expect(await tour(await serveApi())).toEqual(expectedTour)
})

test('over the fetch adapter it is the same, to the byte of the challenges', async () => {
  const { jwt, appRouter } = createApi()

  expect(await tour(await serveFetch(appRouter, jwt))).toEqual(expectedTour)
})

test('public procedures stay open to everyone, whatever they present', async () => {
  const url = await serveApi()
  const clients = [clientOf(url), clientOf(url, 'garbage'), clientOf(url, mint({ exp: 1 }))]

  expect(await Promise.all(clients.map(({ trpc }) => trpc.hello.query()))).toEqual(
    clients.map(() => 'Anyone may call this.'),
  )
})

test('wrong credentials are refused without a hint, and no token is issued', async () => {
  const { single, heads } = clientOf(await serveApi())

  expect(await seen(single.token.create.mutate({ ...credentials, password: 'guess' }))).toBe(
    '401 UNAUTHORIZED: Not authorised',
  )
  expect(heads).toEqual([{ status: 401, challenge: 'Bearer realm="trpc"', cache: 'no-store' }])
})

test('a token works until the second that it expires, and a new sign-in works again', async () => {
  const clock = standingClock()
  const { trpc, session, heads } = clientOf(await serveApi(createApi({ clock: clock.read })))
  session.token = (await trpc.token.create.mutate(credentials)).token
  clock.now += 899
  const lastSecond = await seen(trpc.private.query())
  clock.now += 1
  const expired = await seen(trpc.private.query())
  session.token = (await trpc.token.create.mutate(credentials)).token

  expect([lastSecond, expired]).toEqual(['Your token worked, ann.', '401 UNAUTHORIZED: Token expired'])
  expect(heads[2]?.challenge).toBe(
    'Bearer realm="trpc", error="invalid_token", error_description="The access token expired"',
  )
  expect(await trpc.private.query()).toBe('Your token worked, ann.')
})

test('a mixed batch is one 207 with the first challenge, and each call settles by itself', async () => {
  const { trpc, heads } = clientOf(await serveApi(), mint({ exp: 1 }))
  const calls = [trpc.hello.query(), trpc.private.query(), trpc.optional.query(), trpc.hello.query()]

  expect(await Promise.all(calls.map(seen))).toEqual([
    'Anyone may call this.',
    '401 UNAUTHORIZED: Token expired',
    '401 UNAUTHORIZED: Token expired',
    'Anyone may call this.',
  ])
  expect(heads).toEqual([
    {
      status: 207,
      challenge: 'Bearer realm="trpc", error="invalid_token", error_description="The access token expired"',
      cache: null,
    },
  ])
})

test('a streamed answer refuses inside the stream, without a challenge, and the server goes on', async () => {
  const { jwt, appRouter } = createApi()
  const errors: TRPCError[] = []
  const onError = ({ error }: { error: TRPCError }) => void errors.push(error)
  const { createContext, responseMeta } = jwt
  const { streamed, session, heads } = clientOf(await serve(appRouter, { createContext, responseMeta, onError }))
  const refused = await Promise.all([streamed.hello.query(), streamed.private.query()].map(seen))
  session.token = mint()
  const accepted = await Promise.all(
    [streamed.hello.query(), streamed.private.query(), streamed.admin.query()].map(seen),
  )

  expect(refused).toEqual(['Anyone may call this.', '401 UNAUTHORIZED: Authentication required'])
  expect(accepted).toEqual(['Anyone may call this.', 'Your token worked, ann.', '403 FORBIDDEN: Insufficient scope'])
  expect(heads).toEqual([
    { status: 200, challenge: null, cache: null },
    { status: 200, challenge: null, cache: null },
  ])
  expect(errors.map(({ cause }) => cause instanceof JwtRejection && cause.reason)).toEqual([
    'missing',
    'insufficient_scope',
  ])
})

test('a token that is issued in a streamed answer is not to be stored either', async () => {
  const { streamed, session, heads } = clientOf(await serveApi())
  const [{ token }] = await Promise.all([
    streamed.token.create.mutate(credentials),
    streamed.token.create.mutate(credentials),
  ])
  session.token = token

  expect(heads).toEqual([{ status: 200, challenge: null, cache: 'no-store' }])
  expect(await streamed.private.query()).toBe('Your token worked, ann.')
})

test('a server-side caller makes its context of headers, and gets the same claims and refusals', async () => {
  const { jwt, appRouter } = createApi()
  const anonymous = appRouter.createCaller(jwt.createContext())
  const { token } = await anonymous.token.create(credentials)
  const ann = appRouter.createCaller(jwt.createContext({ headers: new Headers({ authorization: `Bearer ${token}` }) }))

  expect(await ann.private()).toBe('Your token worked, ann.')
  expect(await anonymous.optional()).toBeNull()
  await expect(anonymous.private()).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
    message: 'Authentication required',
    cause: { reason: 'missing' },
  })
})
