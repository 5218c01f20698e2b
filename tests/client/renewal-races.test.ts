import { createTRPCClient, httpBatchLink } from '@trpc/client'
import { memorySessions } from 'trpc-jwt-trivial'
import { createSession } from 'trpc-jwt-trivial/client'
import { afterEach, expect, test, vi } from 'vitest'

import { asyncStorage } from '../support/async-storage.ts'
import {
  ANN,
  STORAGE_KEY,
  createClient,
  createClientApi,
  memoryStorage,
  serveClientApi,
  signedIn,
  sleep,
  type ClientRouter,
} from '../support/client-api.ts'
import { textOf } from '../support/client-errors.ts'
import { passTime, setClockAhead } from '../support/later.ts'
import { clientOverHttp } from '../support/session-clients.ts'
import { serveTwoServers } from '../support/two-servers.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

test('a `token.refresh` of the app while a slow storage is read joins the one renewal, and is no new sign-in', async () => {
  const entries = new Map<string, string>()
  const { url } = await signedIn({ storage: memoryStorage(entries) })
  const { name, refreshToken } = JSON.parse(entries.get(STORAGE_KEY) ?? '') as { name: string; refreshToken: string }
  const storage = asyncStorage({ entries, waitMs: 50 })
  const { client, session } = createClient(url, { storage })
  const call = client.private.query().catch(textOf)
  await client.token.refresh.mutate({ refreshToken })

  expect([session.signInId, await call]).toEqual([name, 'Your token worked, ann.'])
})

test('a renewal that a listener starts right after a sign-in goes to the server that answered the sign-in', async () => {
  const { other, url, otherUrl } = await serveTwoServers()
  const session = createSession()
  const [first, second] = [clientOverHttp(session, otherUrl), clientOverHttp(session, url)]
  await first.hello.query() // makes this link the first with a token router
  let renewed: Promise<unknown> | undefined
  session.subscribe(() => {
    if (session.signedIn) renewed ??= second.token.refresh.mutate(undefined as never).catch(() => {})
  })
  session.subscribe(() => {})
  const issued = (await second.token.create.mutate(ANN)) as unknown as { refreshToken: string }
  await renewed
  expect(issued.refreshToken).toBeTypeOf('string')

  expect(other.calls).toEqual(['hello'])
})

test(
  'while a slow storage saves a sign-in, its renewal goes to the server that answered the sign-in',
  { timeout: 15_000 },
  async () => {
    const { own, other, url, otherUrl } = await serveTwoServers({ own: { expiresIn: 3 } })
    const storage = asyncStorage()
    const session = createSession({ storage })
    const [first, second] = [clientOverHttp(session, otherUrl), clientOverHttp(session, url)]
    await first.hello.query()
    storage.waitMs = 250
    const signIn = second.token.create.mutate(ANN).catch(textOf)
    await vi.waitFor(() => expect(session.signedIn).toBe(true), { timeout: 5_000 })
    await sleep(1_600)
    const call = second.private.query().catch(textOf)
    await signIn
    await call
    await sleep(2_000)

    expect(other.calls).toEqual(['hello'])
    expect(own.timesCalled('token.refresh')).toBe(1)
  },
)

test('`token.revoke` through the link of another server goes to the server that answered the sign-in', async () => {
  const { own, other, url, otherUrl } = await serveTwoServers({ other: { store: memorySessions() } })
  const session = createSession()
  const [mine, theirs] = [clientOverHttp(session, url), clientOverHttp(session, otherUrl)]
  await mine.token.create.mutate(ANN)
  await theirs.token.revoke.mutate()

  expect([own.timesCalled('token.revoke'), own.store.size]).toEqual([1, 0])
  expect(other.calls).toEqual([])
})

/** Ann, signed in over an asynchronous storage or `fast`. `fate.of` decides what happens to her renewals. */
async function renewals(grace: number, fast?: ReturnType<typeof memoryStorage>) {
  const api = createClientApi({ grace })
  const { url } = await serveClientApi(api)
  const storage = asyncStorage()
  const sent: number[] = []
  const fate: { of: (send: () => Promise<Response>) => Promise<Response> } = { of: (send) => send() }
  async function sending(input: unknown, init: unknown): Promise<Response> {
    const send = () => fetch(input as string, init as RequestInit)
    if (!String(input).includes('token.refresh')) return send()
    sent.push(performance.now())
    return fate.of(send)
  }
  const { client, session } = createClient(url, {
    storage: fast ?? storage,
    via: ({ headers }) => httpBatchLink({ url, headers, fetch: sending }),
  })
  await client.token.create.mutate(ANN)
  const loseNextAnswer = () => {
    fate.of = async (send) => {
      await send()
      fate.of = (again) => again()
      throw new TypeError('fetch failed')
    }
  }
  return { client, session, storage, sent, fate, loseNextAnswer }
}

test(
  'a refresh token is not sent again after the grace, even if the storage was slow meanwhile',
  { timeout: 20_000 },
  async () => {
    const { client, session, storage, sent, loseNextAnswer } = await renewals(6)
    loseNextAnswer()
    setClockAhead(860)
    expect(await client.private.query()).toBe('Your token worked, ann.')
    expect(sent).toHaveLength(1)
    let reads = 0
    vi.spyOn(storage, 'getItem').mockImplementation(async (key) => {
      reads += 1
      if (reads > 1) await sleep(4_800) // the second read: after the look at the clock, before the request
      return storage.entries.get(key) ?? null
    })
    await sleep(8_500)

    const tooLate = sent.slice(1).filter((at) => at - sent[0]! > 3_600)
    expect([tooLate, session.signedIn]).toEqual([[], true])
  },
)

test(
  'a tab that froze between its look at the clock and its request does not send a refresh token after the grace',
  { timeout: 20_000 },
  async () => {
    const { client, session, sent, loseNextAnswer } = await renewals(6, memoryStorage())
    loseNextAnswer()
    setClockAhead(860)
    expect(await client.private.query()).toBe('Your token worked, ann.')
    const { setTimeout: real } = globalThis
    let isFrozen = false
    vi.stubGlobal('setTimeout', (work: () => void, delayMs?: number, ...rest: []) => {
      if (delayMs !== undefined || isFrozen) return real(work, delayMs, ...rest)
      isFrozen = true // the next macrotask of `sendApart` comes when the tab is thawed
      return real(work, 5_000)
    })
    await sleep(8_500)

    const tooLate = sent.slice(1).filter((at) => at - sent[0]! > 3_600)
    expect([tooLate, session.signedIn]).toEqual([[], true])
  },
)

test('a renewal that failed after six seconds is repeated only after a pause', { timeout: 20_000 }, async () => {
  const { client, sent, fate } = await renewals(0)
  fate.of = async () => {
    await sleep(5_500)
    const error = { message: 'Busy', code: -32_603, data: { code: 'SERVICE_UNAVAILABLE', httpStatus: 503 } }
    return Response.json([{ error }], { status: 503 })
  }
  setClockAhead(1_000)
  await client.private.query().catch(textOf)
  expect(sent).toHaveLength(1)
  const again = client.private.query().catch(textOf)
  await sleep(300)
  expect(sent).toHaveLength(1)
  await again
})

test('a chain with two session links still renews', { timeout: 20_000 }, async () => {
  const api = createClientApi()
  const { url } = await serveClientApi(api)
  const session = createSession()
  const client = createTRPCClient<ClientRouter>({
    links: [session.link(), session.link({ router: null }), httpBatchLink({ url, headers: session.headers })],
  })
  await client.token.create.mutate(ANN)
  passTime(1_000)
  const began = performance.now()

  expect(await client.private.query().catch(textOf)).toBe('Your token worked, ann.')
  expect(performance.now() - began).toBeLessThan(2_000)
})
