import { createTRPCClient, httpBatchLink } from '@trpc/client'
import { afterEach, describe, expect, test, vi } from 'vitest'

import { call, contextWith, invalid, refusal, refusalOf } from '../support/call.ts'
import { mint } from '../support/mint.ts'
import { serve, serveFetch } from '../support/serve.ts'
import {
  clientOf,
  createSessionApi,
  INVALID,
  serveSessionApi,
  sidOf,
  told,
  type SessionRouter,
} from '../support/session-api.ts'

/** A session's access token, and how often the store was asked since. */
async function signedIn(cacheSeconds?: number) {
  const api = createSessionApi({ cacheSeconds })
  const token = await api.jwt.createAccessToken({ sub: 'ann', role: 'reader' })
  return { ...api, token, sid: sidOf(token), isLive: vi.spyOn(api.store, 'isLive') }
}

async function signInBelieved() {
  const api = await serveSessionApi({ cacheSeconds: 3_600, grace: 0 })
  const tokens = await api.signIn()
  return { ...api, ...tokens, sid: sidOf(tokens.token) }
}

async function reuse({ refresh, refreshToken, visit, token }: Awaited<ReturnType<typeof signInBelieved>>) {
  await refresh(refreshToken)
  await visit(token)
  await told(refresh(refreshToken))
}

function deferred<T>() {
  let resolve!: (value: T) => void
  const promise = new Promise<T>((fulfil) => {
    resolve = fulfil
  })
  return { promise, resolve }
}

afterEach(() => {
  vi.useRealTimers()
})

const revoked = invalid('revoked')
const unavailable = { reason: 'unavailable', code: 'SERVICE_UNAVAILABLE', message: 'Service unavailable' }

describe('the store is asked', () => {
  test.each([
    ['node', serve],
    ['fetch', serveFetch],
  ] as const)('once per HTTP request, whatever its batch, by the %s adapter', async (_name, serveBy) => {
    const { jwt, appRouter, token, sid, isLive } = await signedIn()
    const contexts = vi.fn<typeof jwt.createContext>(jwt.createContext)
    const url = await serveBy(appRouter, { createContext: (opts: unknown) => contexts(opts) })
    const headers = { authorization: `Bearer ${token}` }
    const client = createTRPCClient<SessionRouter>({ links: [httpBatchLink({ url, headers })] })
    const batch = () =>
      Promise.all([client.private.query(), client.optional.query(), client.hello.query(), client.recent.query()])

    expect(await batch()).toEqual(['ann is a reader', 'ann', 'Anyone may call this.', 'changed'])
    expect([contexts.mock.calls.length, isLive.mock.calls]).toEqual([1, [[sid]]])
    await batch()
    expect([contexts.mock.calls.length, isLive.mock.calls]).toEqual([2, [[sid], [sid]]])
  })

  test('by each call of a createCaller: its context may live for long', async () => {
    const { jwt, appRouter, token, isLive } = await signedIn()
    const caller = appRouter.createCaller(contextWith(jwt, token))
    await caller.private()
    await caller.private()
    await jwt.endSession(sidOf(token))

    expect(await refusalOf(caller.private())).toEqual(revoked)
    expect(isLive).toHaveBeenCalledTimes(3)
  })

  test('by nobody who calls what is public, comes without a token or with a bad one', async () => {
    const { jwt, appRouter, token, sid, isLive, clock } = await signedIn()
    const url = await serve(appRouter, jwt)
    const { exp: _exp, ...claims } = { sub: 'ann', sid, iat: clock.now, exp: clock.now + 60 }
    const bad = [mint({ ...claims, exp: clock.now }), mint({ ...claims, exp: 9e9, aud: 'x' }), `${token}x`, 'garbage']
    const answers = [
      clientOf(url, token).hello.query(),
      clientOf(url).private.query(),
      clientOf(url).optional.query(),
      ...bad.map((each) => clientOf(url, each).private.query()),
    ].map(told)

    expect(await Promise.all(answers)).toEqual([
      'Anyone may call this.',
      'UNAUTHORIZED: Authentication required',
      null,
      'UNAUTHORIZED: Token expired',
      INVALID,
      INVALID,
      INVALID,
    ])
    expect(isLive).not.toHaveBeenCalled()
  })
})

describe('the answer of a store', () => {
  test('is unavailable where it is neither yes nor no', async () => {
    const { jwt, token, isLive } = await signedIn()
    isLive.mockResolvedValueOnce('yes' as never)

    expect(await refusalOf(call(jwt, token))).toEqual(unavailable)
  })

  test('is waited for two seconds, and leaves no timer', async () => {
    const { jwt, token, isLive } = await signedIn()
    await call(jwt, token)
    vi.useFakeTimers()
    await call(jwt, token)
    expect(vi.getTimerCount()).toBe(0)
    isLive.mockReturnValueOnce(new Promise(() => {}))
    const refused = vi.fn<(refusal: unknown) => void>()
    void refusalOf(call(jwt, token)).then(refused)
    await vi.advanceTimersByTimeAsync(1_999)
    expect(refused).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(refused.mock.calls).toEqual([[unavailable]])
  })

  test('is not asked for where a token names no session', async () => {
    const { jwt, isLive, clock } = await signedIn()
    expect(await refusal(jwt, mint({ iat: clock.now, exp: clock.now + 60, role: 'reader' }))).toEqual(revoked)
    expect(isLive).not.toHaveBeenCalled()
  })

  test('is asked for each time without cacheSeconds, also where the clock was set back', async () => {
    const { jwt, token, isLive, clock } = await signedIn(0)
    clock.now += 2
    await call(jwt, token)
    clock.now -= 1
    await call(jwt, token)
    expect(isLive).toHaveBeenCalledTimes(2)
  })
})

describe('cacheSeconds', () => {
  test('believes the other sessions on, where one is ended here', async () => {
    const { jwt, token, sid, isLive } = await signedIn(3_600)
    const other = await jwt.createAccessToken({ sub: 'bob', role: 'reader' })
    await call(jwt, token)
    await call(jwt, other)
    await jwt.endSession(sid)
    await call(jwt, other)
    expect(isLive).toHaveBeenCalledTimes(2)
  })

  test('is how long a live session is believed, and no longer', async () => {
    const { jwt, token, isLive, clock } = await signedIn(5)
    await call(jwt, token)
    clock.now += 4.999
    await call(jwt, token)
    expect(isLive).toHaveBeenCalledTimes(1)
    clock.now += 0.001
    await call(jwt, token)
    expect(isLive).toHaveBeenCalledTimes(2)
  })

  test('believes one session at a time', async () => {
    const { jwt, token, isLive } = await signedIn(5)
    const other = await jwt.createAccessToken({ sub: 'ann', role: 'reader' })
    await call(jwt, token)
    await call(jwt, other)

    expect(isLive.mock.calls).toEqual([[sidOf(token)], [sidOf(other)]])
  })

  test('never believes that a session is over: it is asked for each time', async () => {
    const { jwt, store, token, isLive } = await signedIn(5)
    isLive.mockResolvedValueOnce(false)

    expect(await refusalOf(call(jwt, token))).toEqual(revoked)
    expect(await call(jwt, token)).toMatchObject({ sub: 'ann' })
    expect(store.size).toBe(1)
  })

  test('is what an end on another machine may take to be seen', async () => {
    const { jwt, store, token, sid, clock } = await signedIn(5)
    await call(jwt, token)
    await store.end(sid)

    expect(await call(jwt, token)).toMatchObject({ sub: 'ann' })
    clock.now += 5
    expect(await refusal(jwt, token)).toEqual(revoked)
  })

  test.each<[string, (api: Awaited<ReturnType<typeof signInBelieved>>) => Promise<unknown>]>([
    ['endSession', ({ jwt, sid }) => jwt.endSession(sid)],
    ['endSessions', ({ jwt }) => jwt.endSessions('ann')],
    ['token.revoke with the bearer', ({ revoke, token }) => revoke(token)],
    ['token.revoke with the refresh token', ({ revoke, refreshToken }) => revoke(undefined, refreshToken)],
    ['a ban', ({ users, refresh, refreshToken }) => (users.set('ann', 'banned'), told(refresh(refreshToken)))],
    ['reuse of a refresh token', (api) => reuse(api)],
  ])('delays no end that was made here: %s', async (_what, end) => {
    const api = await signInBelieved()
    expect(await api.visit(api.token)).toBe('ann is a reader')
    await end(api)
    expect(await api.visit(api.token)).toBe(INVALID)
  })

  test('does not believe an answer that was on its way when the session ended', async () => {
    const { jwt, token, sid, isLive } = await signedIn(3_600)
    const { promise, resolve } = deferred<boolean>()
    isLive.mockReturnValueOnce(promise)
    const onItsWay = call(jwt, token)
    await vi.waitFor(() => expect(isLive).toHaveBeenCalledTimes(1))
    await jwt.endSession(sid)
    resolve(true)
    await onItsWay

    expect(await refusal(jwt, token)).toEqual(revoked)
  })

  test('nor one that was on its way when all sessions of the subject ended', async () => {
    const { jwt, token, isLive } = await signedIn(3_600)
    const { promise, resolve } = deferred<boolean>()
    isLive.mockReturnValueOnce(promise)
    const onItsWay = call(jwt, token)
    await vi.waitFor(() => expect(isLive).toHaveBeenCalledTimes(1))
    await jwt.endSessions('ann')
    resolve(true)
    await onItsWay

    expect(await refusal(jwt, token)).toEqual(revoked)
  })

  test('believes no session whose end the store did not confirm', async () => {
    const { jwt, store, token, sid } = await signedIn(3_600)
    await call(jwt, token)
    vi.spyOn(store, 'end').mockImplementationOnce(async (each) => {
      await store.endAll('ann')
      throw new Error(`the answer about ${each} got lost`)
    })

    expect(await refusalOf(jwt.endSession(sid))).toEqual(unavailable)
    expect(await refusal(jwt, token)).toEqual(revoked)
  })
})
