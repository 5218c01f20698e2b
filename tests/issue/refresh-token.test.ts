import { decodeJwt } from 'jose'

import { createJwtTrivial, memorySessions } from 'trpc-jwt-trivial'
import { describe, expect, test, vi } from 'vitest'

import { mint, PASSPHRASE } from '../support/mint.ts'
import { createSessionApi, serveSessionApi, sidOf, told } from '../support/session-api.ts'

const someText: unknown = expect.any(String)

describe('a refresh token with the passphrase, but not as the library writes it', () => {
  const start = Math.floor(Date.now() / 1_000)
  const good = {
    aud: 'urn:trpc-jwt-trivial:refresh',
    sub: 'ann',
    sid: 'a session',
    auth_time: start,
    iat: start,
    exp: start + 600,
    generation: 0,
  }
  const refreshWith = async (claims: object, typ = 'rt+jwt') => {
    const store = memorySessions()
    await store.start({ sid: 'a session', sub: 'ann', expiresAt: new Date((start + 600) * 1_000) })
    const rotate = vi.spyOn(store, 'rotate')
    const jwt = createJwtTrivial({
      passphrase: PASSPHRASE,
      authorise: () => ({ sub: 'ann' }),
      sessions: { store, reauthorise: () => true },
    })
    const refreshToken = mint({ ...good, ...claims }, { header: { typ } })
    const caller = jwt.tokenRouter.createCaller(jwt.createContext())
    const answer = await caller.refresh({ refreshToken }).catch((error: Error) => error.message)
    return { answer, rotations: rotate.mock.calls.length }
  }

  test('one with all claims is accepted', async () => {
    expect(await refreshWith({})).toMatchObject({ answer: { category: 'Bearer' }, rotations: 1 })
  })

  test.each([
    ['another audience', { aud: 'api' }],
    ['an array of audiences', { aud: [good.aud] }],
    ['an issuer', { iss: 'https://api.example' }],
    ['no subject', { sub: undefined }],
    ['no session', { sid: undefined }],
    ['a number for a session', { sid: 5 }],
    ['no time of the sign-in', { auth_time: undefined }],
    ['no end', { exp: undefined }],
    ['no generation', { generation: undefined }],
    ['a string for a generation', { generation: '0' }],
    ['half a generation', { generation: 0.5 }],
    ['a number for a token id', { jti: 1 }],
  ])('one with %s is rejected before the store is asked', async (_what, claims) => {
    expect(await refreshWith(claims)).toEqual({ answer: 'Not authorised', rotations: 0 })
  })

  test('an access token with all of these claims is rejected', async () => {
    expect(await refreshWith({}, 'at+jwt')).toEqual({ answer: 'Not authorised', rotations: 0 })
  })
})

test.each([undefined, null, {}, { generation: '1' }, { generation: 1.5 }, 'ok', true, 1])(
  'a store that answers a rotation by %j is unavailable',
  async (nonsense) => {
    const { signIn, refresh, store } = await serveSessionApi()
    const { refreshToken } = await signIn()
    vi.spyOn(store, 'rotate').mockResolvedValue(nonsense as never)

    expect(await told(refresh(refreshToken))).toBe('SERVICE_UNAVAILABLE: Service unavailable')
  },
)

test('token.create does without any context, as its answer needs none', async () => {
  const { jwt } = createSessionApi()

  expect(await jwt.tokenRouter.createCaller(undefined as never).create({ name: 'ann' })).toHaveProperty('token')
})

describe('a refresh token', () => {
  const options = { jwt: { issuer: 'https://api.example', audience: 'api' }, expiresIn: '7d' } as const

  test('carries what names the session and its end, and never the app’s claims', async () => {
    const { signIn, refresh, clock } = await serveSessionApi(options)
    const first = await signIn()
    const start = clock.now
    clock.now += 60
    const second = await refresh(first.refreshToken)
    const sid = sidOf(first.token)
    const common = { iss: 'https://api.example', aud: 'urn:trpc-jwt-trivial:refresh', sub: 'ann', sid, jti: someText }
    const times = { auth_time: start, exp: start + 7 * 86_400 }

    expect(decodeJwt(first.refreshToken)).toEqual({ ...common, ...times, iat: start, generation: 0 })
    expect(decodeJwt(second.refreshToken)).toEqual({ ...common, ...times, iat: start + 60, generation: 1 })
  })

  test('has an id of its own, also where two carry one generation', async () => {
    const { signIn, refresh } = await serveSessionApi(options)
    const { refreshToken } = await signIn()
    const pairs = [await refresh(refreshToken), await refresh(refreshToken)]
    const ids = [refreshToken, ...pairs.flatMap((pair) => [pair.token, pair.refreshToken])].map((t) => decodeJwt(t).jti)

    expect(new Set(ids).size).toBe(5)
  })
})

test('a refresh token of another subject than the one configured is refused: so would be what it is renewed to', async () => {
  const store = memorySessions()
  const callerFor = (subject: string) =>
    createJwtTrivial({
      passphrase: PASSPHRASE,
      subject,
      authorise: () => true,
      sessions: { store, reauthorise: () => true },
    }).tokenRouter.createCaller({ bearer: { status: 'missing' } })
  const { refreshToken } = await callerFor('ann').create()

  await expect(callerFor('bob').refresh({ refreshToken })).rejects.toThrow('Not authorised')
  expect(await callerFor('ann').refresh({ refreshToken })).toHaveProperty('token')
})
