import { TRPCError } from '@trpc/server'
import { decodeJwt } from 'jose'
import { describe, expect, test, vi } from 'vitest'

import {
  clientOf,
  createSessionApi,
  INVALID,
  NOT_AUTHORISED,
  serveSessionApi,
  sidOf,
  told,
} from '../support/session-api.ts'

const someText: unknown = expect.any(String)

describe('token.refresh', () => {
  test('answers a new pair of the same session, with the words of token.create', async () => {
    const { signIn, refresh, visit } = await serveSessionApi()
    const first = await signIn()
    const second = await refresh(first.refreshToken)

    expect(second).toEqual({ token: someText, category: 'Bearer', expiresIn: 900, refreshToken: someText, grace: 10 })
    expect(second.token).not.toBe(first.token)
    expect(second.refreshToken).not.toBe(first.refreshToken)
    expect(sidOf(second.token)).toBe(sidOf(first.token))
    expect(await visit(second.token)).toBe('ann is a reader')
    expect(await visit(first.token)).toBe('ann is a reader')
  })

  test('needs no bearer, and does not mind a bad one', async () => {
    const { url, signIn } = await serveSessionApi()
    const { refreshToken } = await signIn()

    expect(await clientOf(url, 'garbage').token.refresh.mutate({ refreshToken })).toMatchObject({ category: 'Bearer' })
  })

  test('keeps the time of the sign-in, and renews the other times', async () => {
    const { signIn, refresh, clock } = await serveSessionApi()
    const signedInAt = clock.now
    const first = await signIn()
    clock.now += 600
    const second = await refresh(first.refreshToken)

    expect(decodeJwt(second.token)).toMatchObject({ auth_time: signedInAt, iat: clock.now, exp: clock.now + 900 })
    expect(decodeJwt(second.refreshToken)).toMatchObject({ auth_time: signedInAt, iat: clock.now })
    expect(decodeJwt(second.refreshToken).exp).toBe(decodeJwt(first.refreshToken).exp)
  })

  test('gives access tokens that end with the session, and says so in expiresIn', async () => {
    const { signIn, refresh, clock, visit } = await serveSessionApi({ expiresIn: '1h' })
    const endsAt = clock.now + 3_600
    let tokens = await signIn()
    const lifetimes = []
    for (const left of [2_000, 900, 899, 1]) {
      clock.now = endsAt - left
      tokens = await refresh(tokens.refreshToken)
      lifetimes.push([tokens.expiresIn, decodeJwt(tokens.token).exp === endsAt])
    }

    expect(lifetimes).toEqual([
      [900, false],
      [900, true],
      [899, true],
      [1, true],
    ])
    clock.now = endsAt
    expect(await told(refresh(tokens.refreshToken))).toBe(NOT_AUTHORISED)
    expect(await visit(tokens.token)).toBe('UNAUTHORIZED: Token expired')
  })

  test.each([undefined, 5, '', 'garbage', {}])('refuses %j for a refresh token', async (refreshToken) => {
    const { url } = await serveSessionApi()
    const answer = await told(clientOf(url).token.refresh.mutate({ refreshToken: refreshToken as string }))

    expect(answer).toMatch(typeof refreshToken === 'string' ? /^UNAUTHORIZED: Not authorised$/ : /^BAD_REQUEST: /)
  })
})

describe('reauthorise', () => {
  test('is asked at each refresh, with subject, session and context', async () => {
    const reauthorise = vi.fn<(opts: { sub: string; sid: string; ctx: object }) => { role: 'reader' }>(() => ({
      role: 'reader',
    }))
    const { jwt } = createSessionApi({ reauthorise })
    const ctx = { ...jwt.createContext(), db: 'a connection' }
    const { token, refreshToken } = await jwt.tokenRouter.createCaller(ctx).create({ name: 'ann' })
    await jwt.tokenRouter.createCaller(ctx).refresh({ refreshToken })

    expect(reauthorise.mock.calls).toEqual([[{ sub: 'ann', sid: sidOf(token), ctx }]])
    expect(reauthorise.mock.calls[0]?.[0].ctx).toHaveProperty('bearer', ctx.bearer)
  })

  test('is not asked about a refresh token that is none', async () => {
    const reauthorise = vi.fn<() => boolean>(() => true)
    const { signIn, refresh, clock } = await serveSessionApi({ reauthorise, expiresIn: '1h' })
    const { token, refreshToken } = await signIn()
    clock.now += 3_600
    const bad = ['garbage', token, refreshToken, `${refreshToken.slice(0, -3)}AAA`]

    expect(await Promise.all(bad.map((each) => told(refresh(each))))).toEqual(bad.map(() => NOT_AUTHORISED))
    expect(reauthorise).not.toHaveBeenCalled()
  })

  test('brings a change of role into the next token', async () => {
    const { signIn, refresh, visit, users } = await serveSessionApi()
    const first = await signIn()
    users.set('ann', 'writer')

    expect(await visit(first.token)).toBe('ann is a reader')
    expect(await visit((await refresh(first.refreshToken)).token)).toBe('ann is a writer')
  })

  test.each([false, null, undefined])('ends the session where it answers %s: for all of its tokens', async (answer) => {
    const { signIn, refresh, visit, store } = await serveSessionApi({ reauthorise: () => answer })
    const { token, refreshToken } = await signIn()

    expect(await visit(token)).toBe('ann is a reader')
    expect(await told(refresh(refreshToken))).toBe(NOT_AUTHORISED)
    expect(await visit(token)).toBe(INVALID)
    expect(store.size).toBe(0)
  })

  test('ends a session by a ban that was lifted later: the user signs in again', async () => {
    const { signIn, refresh, visit, users } = await serveSessionApi()
    const { refreshToken } = await signIn()
    users.set('ann', 'banned')
    await told(refresh(refreshToken))
    users.set('ann', 'reader')

    expect(await told(refresh(refreshToken))).toBe(NOT_AUTHORISED)
    expect(await visit((await signIn()).token)).toBe('ann is a reader')
  })

  test.each([
    [new TRPCError({ code: 'TOO_MANY_REQUESTS', message: 'Later' }), 'TOO_MANY_REQUESTS: Later'],
    [new Error('the database is down'), 'INTERNAL_SERVER_ERROR: the database is down'],
  ])('leaves the session as it was where it throws %s', async (thrown, answer) => {
    let down = true
    const { signIn, refresh, visit, store } = await serveSessionApi({
      grace: 0,
      reauthorise: async () => {
        if (down) throw thrown
        return { role: 'reader' }
      },
    })
    const { token, refreshToken } = await signIn()
    const rotate = vi.spyOn(store, 'rotate')

    expect([await told(refresh(refreshToken)), await told(refresh(refreshToken))]).toEqual([answer, answer])
    expect(await visit(token)).toBe('ann is a reader')
    expect(rotate).not.toHaveBeenCalled()
    down = false
    expect(await refresh(refreshToken)).toMatchObject({ category: 'Bearer' })
  })
})

describe('what reauthorise may not answer is an error of the developer’s, and changes nothing', () => {
  test.each<[string, unknown, string]>([
    [
      'another sub',
      { sub: 'bob', role: 'writer' },
      'The claims of a token have a `sub` that differs from the expected `subject`.',
    ],
    [
      'a sub that is no text',
      { sub: 5, role: 'reader' },
      'The claims of a token must have a string as `sub` (RFC 7519 4.1.2).',
    ],
    [
      'true, where the schema wants more',
      true,
      'The claims of a token have a `role` that the `claims` schema rejects.',
    ],
    ['a claim of the wrong type', { role: 1 }, 'The claims of a token have a `role` that the `claims` schema rejects.'],
    ['a session', { role: 'reader', sid: 'x' }, 'The claims of a token must not set `sid`, which the library writes.'],
    [
      'a time of the sign-in',
      { role: 'reader', auth_time: 9e9 },
      'The claims of a token must not set `auth_time`, which the library writes.',
    ],
    ['an end', { role: 'reader', exp: 9e9 }, 'The claims of a token must not set `exp`, which the library writes.'],
    ['a date', { role: 'reader', born: new Date() }, 'The claims of a token have a `born` that JSON cannot represent.'],
    ['a text', 'yes', 'reauthorise must return claims, true, false, null or undefined; got a string.'],
    ['a list', [], 'reauthorise must return claims, true, false, null or undefined; got an array.'],
  ])('%s', async (_what, answer, text) => {
    let bad = true
    const { signIn, refresh, visit, store } = await serveSessionApi({
      grace: 0,
      reauthorise: () => (bad ? (answer as true) : { role: 'reader' }),
    })
    const { token, refreshToken } = await signIn()
    const rotate = vi.spyOn(store, 'rotate')

    expect(await told(refresh(refreshToken))).toBe(`INTERNAL_SERVER_ERROR: ${text}`)
    expect(rotate).not.toHaveBeenCalled()
    expect(await visit(token)).toBe('ann is a reader')
    bad = false
    expect(await refresh(refreshToken)).toMatchObject({ category: 'Bearer' })
  })

  test('claims that make a token too long are found out before the refresh token is used up', async () => {
    let role = 'x'.repeat(9_000)
    const { signIn, refresh, store } = await serveSessionApi({
      grace: 0,
      reauthorise: () => ({ role: role as 'reader' }),
    })
    const { refreshToken } = await signIn()
    const rotate = vi.spyOn(store, 'rotate')

    expect(await told(refresh(refreshToken))).toMatch(
      /^INTERNAL_SERVER_ERROR: The claims of a token make it \d+ characters long; the limit is 8192\.$/,
    )
    expect(rotate).not.toHaveBeenCalled()
    role = 'reader'
    expect(await refresh(refreshToken)).toMatchObject({ category: 'Bearer' })
  })
})
