import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

import { createJwtTrivial, memorySessions } from 'trpc-jwt-trivial'
import { describe, expect, test, vi } from 'vitest'

import { mint, PASSPHRASE } from '../support/mint.ts'
import { createSessionApi, serveSessionApi, told } from '../support/session-api.ts'

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

  test('one that has it all is taken', async () => {
    expect(await refreshWith({})).toMatchObject({ answer: { category: 'Bearer' }, rotations: 1 })
  })

  test.each([
    ['another audience', { aud: 'api' }],
    ['a list of audiences', { aud: [good.aud] }],
    ['an issuer', { iss: 'https://api.example' }],
    ['no subject', { sub: undefined }],
    ['no session', { sid: undefined }],
    ['a number for a session', { sid: 5 }],
    ['no time of the sign-in', { auth_time: undefined }],
    ['no end', { exp: undefined }],
    ['no generation', { generation: undefined }],
    ['a text for a generation', { generation: '0' }],
    ['half a generation', { generation: 0.5 }],
  ])('one with %s is refused before the store is asked', async (_what, claims) => {
    expect(await refreshWith(claims)).toEqual({ answer: 'Not authorised', rotations: 0 })
  })

  test('an access token with all of these claims is none', async () => {
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

describe('token.revoke', () => {
  test('over a socket leaves a sign-in alone that came while the store was busy', async () => {
    const { jwt, store } = createSessionApi()
    const res = Object.assign(new EventEmitter(), { readyState: 1, send: () => {} })
    const ctx = jwt.createContext({ req: { headers: {} }, res, info: { url: null, connectionParams: {} } })
    const caller = jwt.tokenRouter.createCaller(ctx)
    await caller.create({ name: 'ann' })
    const end = store.end.bind(store)
    vi.spyOn(store, 'end').mockImplementation((sid) => sleep(30).then(() => end(sid)))
    const revoking = caller.revoke()
    const { token } = await caller.create({ name: 'bob' })
    await revoking
    expect([ctx.bearer.token, store.size]).toEqual([token, 1])
    await caller.revoke()
    expect([ctx.bearer.status, store.size]).toEqual(['missing', 0])
  })

  test('asks the store for nothing where there is nothing to end', async () => {
    const { jwt, store } = createSessionApi()
    const end = vi.spyOn(store, 'end')
    const bearers = [
      undefined,
      'garbage',
      mint(),
      mint({ sid: 5 }),
      mint({ sid: 'a session' }, { header: { typ: 'rt+jwt' } }),
    ]
    for (const token of bearers) {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
      await jwt.tokenRouter.createCaller(jwt.createContext({ headers })).revoke()
      await jwt.tokenRouter.createCaller(jwt.createContext({ headers })).revoke({ refreshToken: 'garbage' })
    }
    expect(end).not.toHaveBeenCalled()
  })
})
