import { httpBatchLink } from '@trpc/client'
import type { Session } from 'trpc-jwt-trivial/client'
import { afterEach, expect, test, vi } from 'vitest'

import { createRenewal } from '../../src/client/renewal.ts'
import { createSocketSignIns } from '../../src/client/socket-sign-ins.ts'
import {
  ANN,
  STORAGE_KEY,
  createClient,
  createClientApi,
  memoryStorage,
  serveClientApi,
  sleep,
} from '../support/client-api.ts'
import { textOf } from '../support/client-errors.ts'
import { passTime, setClockAhead } from '../support/later.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

const UNAVAILABLE = { data: { code: 'SERVICE_UNAVAILABLE' } }

type Fate = 'answered' | 'answer lost' | 'never answered' | 429 | 503

/** Ann, signed in. `fates` says what happens to her next renewals, and `sent` when each was sent. */
async function start({ grace = 10, storage = memoryStorage() } = {}) {
  const api = createClientApi({ grace })
  const { url } = await serveClientApi(api)
  const fates: Fate[] = []
  const sent: number[] = []
  async function sending(input: RequestInfo | URL | string, init?: RequestInit): Promise<Response> {
    if (typeof input !== 'string' || !input.includes('token.refresh')) return fetch(input, init)
    sent.push(performance.now())
    const fate = fates.shift() ?? 'answered'
    if (typeof fate === 'number') {
      const error = { message: 'Busy', code: -32_603, data: { code: 'SERVICE_UNAVAILABLE', httpStatus: fate } }
      return Response.json([{ error }], { status: fate })
    }
    if (fate === 'never answered') return new Promise(() => {})
    const response = await fetch(input, init)
    if (fate === 'answer lost') throw new TypeError('fetch failed')
    return response
  }
  const via = ({ headers }: Session) =>
    httpBatchLink({ url, headers, fetch: sending as NonNullable<Parameters<typeof httpBatchLink>[0]['fetch']> })
  const tab = () => createClient(url, { storage, via })
  const first = tab()
  await first.client.token.create.mutate(ANN)
  return { api, fates, sent, storage, tab, ...first }
}

test.each([429, 503] as const)(
  'a server that answers %i to every renewal is not asked again by each call',
  async (status) => {
    const { client, fates, sent, session } = await start()
    fates.push(...Array<Fate>(50).fill(status))
    passTime(860)
    for (let i = 0; i < 10; i += 1) expect(await client.private.query()).toBe('Your token worked, ann.')
    expect(sent).toHaveLength(1)
    passTime(100)
    const settled = await Promise.allSettled(Array.from({ length: 10 }, () => client.private.query()))
    for (const each of settled) expect(each).toMatchObject({ reason: UNAVAILABLE })

    await expect(client.private.query()).rejects.toMatchObject(UNAVAILABLE)
    expect([sent.length, session.signedIn]).toEqual([2, true])
  },
)

test('a renewal whose answer was lost is repeated within the grace, and nobody is signed out', async () => {
  const { client, fates, sent, session } = await start({ grace: 5 })
  fates.push('answer lost')
  setClockAhead(1_000)
  await expect(client.private.query()).rejects.toThrow('fetch failed')
  await expect.poll(() => sent.length, { timeout: 4_000 }).toBe(2)
  await expect.poll(() => session.claims?.exp).toBeGreaterThan(Date.now() / 1_000 + 800)

  expect(await client.private.query()).toBe('Your token worked, ann.')
})

test('a renewal without an answer is repeated while its calls wait, and the calls succeed', async () => {
  const { client, fates, sent } = await start({ grace: 6 })
  fates.push('never answered')
  setClockAhead(1_000)

  expect(await client.private.query()).toBe('Your token worked, ann.')
  expect(sent).toHaveLength(2)
  expect(sent[1]! - sent[0]!).toBeGreaterThanOrEqual(1_990)
})

test('no tab sends a refresh token again after the grace while its access token is valid', async () => {
  const { client, fates, sent, tab } = await start()
  fates.push('answer lost')
  passTime(860)
  expect(await client.private.query()).toBe('Your token worked, ann.')
  passTime(16)
  expect(await client.private.query()).toBe('Your token worked, ann.')
  expect(await tab().client.private.query()).toBe('Your token worked, ann.')

  expect(sent).toHaveLength(1)
})

test(
  'a tab without a lock waits for the renewal of another tab, and takes its answer',
  { timeout: 10_000 },
  async () => {
    const { client, fates, sent, api, tab } = await start()
    const second = tab()
    api.renewal.answer = () => sleep(600).then(() => true)
    passTime(1_000)
    const answers = [client.private.query(), sleep(100).then(() => second.client.private.query())]

    expect(await Promise.all(answers)).toEqual(Array(2).fill('Your token worked, ann.'))
    expect([sent.length, fates]).toEqual([1, []])
  },
)

test('calls of `token.refresh` by the app share one renewal, and get its answer', async () => {
  const { client, sent, session, api } = await start()
  const { refreshToken } = JSON.parse(JSON.stringify(await client.token.create.mutate(ANN))) as { refreshToken: string }
  api.renewal.answer = () => sleep(100).then(() => true)
  passTime(860)
  const { signInId } = session
  const [first, second] = await Promise.all([
    client.token.refresh.mutate({ refreshToken }),
    client.token.refresh.mutate({ refreshToken }),
    client.private.query(),
  ])

  expect(first).toEqual(second)
  expect(first).toEqual({
    token: (await session.headers()).authorization?.slice(7),
    category: 'Bearer',
    expiresIn: 900,
    refreshToken: expect.any(String),
    grace: 10,
  })
  expect([sent.length, session.signInId]).toEqual([1, signInId])
  expect((await client.token.refresh.mutate({ refreshToken })).category).toBe('Bearer')
  expect([sent.length, session.signInId]).toEqual([2, signInId])
})

test(
  'where locks never call back, calls with a valid token succeed, and calls with an expired one fail',
  { timeout: 20_000 },
  async () => {
    vi.stubGlobal('window', globalThis)
    vi.stubGlobal('navigator', { locks: { request: () => new Promise(() => {}) } })
    const { client, sent } = await start()
    passTime(860)
    expect(await client.private.query()).toBe('Your token worked, ann.')
    passTime(100)
    const held = client.private.query().catch(textOf)

    expect(await held).toBe('The renewal was not answered in time')
    await expect.poll(() => sent.length, { timeout: 4_000 }).toBe(1)
    await expect.poll(() => client.private.query().catch(textOf)).toBe('Your token worked, ann.')
  },
)

/** Puts other values into what a session has stored. */
function changeEntry({ entries }: ReturnType<typeof memoryStorage>, values: object): void {
  const entry = JSON.parse(entries.get(STORAGE_KEY) ?? '') as object
  entries.set(STORAGE_KEY, JSON.stringify({ ...entry, ...values }))
}

test.each([
  ['a line break', 'line\nbreak.b.c'],
  ['a blank', 'a b.c.d'],
  ['a letter of no header', 'ü.b.c'],
  ['20,000 letters', `${'a'.repeat(20_000)}.b.c`],
])('a stored token with %s is no token, and no call fails because of it', async (_what, token) => {
  const { storage, tab } = await start()
  changeEntry(storage, { token })
  const { client, session } = tab()

  expect(session.signedIn).toBe(false)
  expect(await client.hello.query()).toBe('Anyone may call this.')
  await client.token.create.mutate(ANN)
  expect(await client.private.query()).toBe('Your token worked, ann.')
})

test.each([
  { since: Date.now() + 500 * 24 * 3_600_000 },
  { since: -1 },
  { since: 1.5 },
  { since: '1' },
  { renewals: null },
  { name: 7 },
  { endsAt: 'never' },
  { refreshToken: 5 },
  { router: 0 },
])('a stored entry with %j is nobody', async (odd) => {
  const { storage, tab } = await start()
  changeEntry(storage, odd)

  expect(tab().session.signedIn).toBe(false)
})

test('a repeat whose time ran out while it was saved does not keep the page busy', async () => {
  passTime(0)
  const now = Date.now()
  const tokens = { token: 'a.b.c', refreshToken: 'd.e.f', endsAt: now - 1, dueAt: now - 1, graceMs: 5_000 }
  const signIn = { ...tokens, since: 1, name: 'ann', renewals: 0, router: 'token', sentAt: now - 2_000 }
  const store = { current: signIn as typeof signIn | null, name: 'ann', read() {}, offer: () => passTime(1) }
  const sent: unknown[] = []
  const route = { router: 'token', renew: async (...args: unknown[]) => void sent.push(args) }
  const renewal = createRenewal({
    store: store as never,
    routes: { to: () => route } as never,
    socketSignIns: createSocketSignIns(),
    lock: undefined,
  })
  const renewed = renewal.now(signIn)
  const before = performance.now()
  await sleep(50)
  expect(performance.now() - before).toBeLessThan(4_000)
  store.current = null

  await renewed
  expect(sent).toEqual([])
})
