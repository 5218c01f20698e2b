import { decodeJwt } from 'jose'
import { createJwtTrivial, memorySessions } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { call, invalid, refusal, refusalOf } from '../support/call.ts'
import { PASSPHRASE } from '../support/mint.ts'
import { createSessionApi, sidOf } from '../support/session-api.ts'

describe('createAccessToken with sessions', () => {
  test('starts a session, which can be ended', async () => {
    const { jwt, store } = createSessionApi()
    const token = await jwt.createAccessToken({ sub: 'ann', role: 'reader' })

    expect(store.size).toBe(1)
    expect(await call(jwt, token)).toMatchObject({ sub: 'ann', sid: sidOf(token) })
    await jwt.endSession(sidOf(token))
    expect(await refusal(jwt, token)).toEqual(invalid('revoked'))
  })

  test('joins the session that `sid` names, and starts none', async () => {
    const { jwt, store } = createSessionApi()
    const sid = sidOf(await jwt.createAccessToken({ sub: 'ann', role: 'reader' }))
    const token = await jwt.createAccessToken({ sub: 'ann', role: 'writer' }, { sid })

    expect([sidOf(token), store.size]).toEqual([sid, 1])
    expect(await call(jwt, token)).toMatchObject({ role: 'writer' })
    await jwt.endSession(sid)
    expect(await refusal(jwt, token)).toEqual(invalid('revoked'))
  })

  test('gives a token that joins a session no `auth_time`: that is no sign-in, and `maxAge` refuses it', async () => {
    const { jwt, appRouter, clock } = createSessionApi()
    const recent = (token: string) =>
      appRouter.createCaller(jwt.createContext({ headers: { authorization: `Bearer ${token}` } })).recent()
    const first = await jwt.createAccessToken({ sub: 'ann', role: 'reader' })
    const joined = await jwt.createAccessToken({ sub: 'ann', role: 'reader' }, { sid: sidOf(first) })

    expect([decodeJwt(first)['auth_time'], decodeJwt(joined)['auth_time']]).toEqual([clock.now, undefined])
    expect((await jwt.verify(joined)).auth_time).toBeUndefined()
    expect(await recent(first)).toBe('changed')
    expect(await refusalOf(recent(joined))).toMatchObject({ reason: 'too_old' })
    clock.now += 301
    expect(await refusalOf(recent(first))).toMatchObject({ reason: 'too_old' })
  })

  test('leaves the `auth_time` of the session that was joined as it was', async () => {
    const { jwt, clock } = createSessionApi()
    const caller = jwt.tokenRouter.createCaller(jwt.createContext())
    const { token, refreshToken } = await caller.create({ name: 'ann' })
    const signedInAt = clock.now
    clock.now += 60
    await jwt.createAccessToken({ sub: 'ann', role: 'reader' }, { sid: sidOf(token) })

    expect(decodeJwt((await caller.refresh({ refreshToken })).token)['auth_time']).toBe(signedInAt)
  })

  test('makes a token of no use where that session is over', async () => {
    const { jwt } = createSessionApi()
    const token = await jwt.createAccessToken({ sub: 'ann', role: 'reader' }, { sid: 'never was' })

    expect(await refusal(jwt, token)).toEqual(invalid('revoked'))
  })

  test('lets no token outlive the session that it starts', async () => {
    const { jwt, clock } = createSessionApi({ expiresIn: '1h' })
    const token = await jwt.createAccessToken({ sub: 'ann', role: 'reader' }, { expiresIn: '2h' })

    expect(decodeJwt(token).exp).toBe(clock.now + 3_600)
  })

  test('demands a sub', async () => {
    const sessions = { store: memorySessions(), reauthorise: () => true as const }
    const jwt = createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => true, sessions })
    const error = new TypeError('The claims of a token must have a `sub` when `sessions` is set.')

    await expect(jwt.createAccessToken({})).rejects.toThrow(error)
    await expect(jwt.createAccessToken({}, { sid: 'x' })).rejects.toThrow(error)
    await expect(jwt.createAccessToken({}, { subject: 'ann' })).resolves.toEqual(expect.any(String))
  })

  test('knows no `sid` without sessions', async () => {
    const jwt = createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => true })

    await expect(jwt.createAccessToken({ sub: 'ann' }, { sid: 'x' })).rejects.toThrow(
      new TypeError('createAccessToken: `sid` needs the `sessions` option'),
    )
  })

  test('takes no empty `sid`', async () => {
    const { jwt } = createSessionApi()

    await expect(jwt.createAccessToken({ sub: 'ann', role: 'reader' }, { sid: '' })).rejects.toThrow(
      new TypeError('createAccessToken: `sid` must be the `sid` of a live session; got an empty string'),
    )
  })
})
