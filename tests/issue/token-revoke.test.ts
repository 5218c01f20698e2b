import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { initTRPC } from '@trpc/server'
import { decodeJwt } from 'jose'
import { describe, expect, test, vi } from 'vitest'

import { mint } from '../support/mint.ts'
import { createSessionApi, INVALID, NOT_AUTHORISED, serveSessionApi, sidOf, told } from '../support/session-api.ts'
import { listenTo, reasonOf, serveSignIns } from '../support/sign-ins.ts'

const REVOKED = 'UNAUTHORIZED: Invalid token (invalid)'

describe('token.revoke ends the session', () => {
  test('of the bearer: with its access tokens and its refresh token', async () => {
    const { signIn, refresh, revoke, visit } = await serveSessionApi()
    const first = await signIn()
    const second = await refresh(first.refreshToken)

    expect(await revoke(first.token)).toBeUndefined()
    expect([await visit(first.token), await visit(second.token)]).toEqual([INVALID, INVALID])
    expect(await told(refresh(second.refreshToken))).toBe(NOT_AUTHORISED)
  })

  test('of the refresh token, without a bearer', async () => {
    const { signIn, revoke, visit, store } = await serveSessionApi()
    const { token, refreshToken } = await signIn()

    expect(await revoke(undefined, refreshToken)).toBeUndefined()
    expect(await visit(token)).toBe(INVALID)
    expect(store.size).toBe(0)
  })

  test('of both, which may be two sessions', async () => {
    const { signIn, revoke, visit, store } = await serveSessionApi()
    const [one, other, third] = [await signIn(), await signIn('bob'), await signIn()]
    await revoke(one.token, other.refreshToken)

    expect([await visit(one.token), await visit(other.token)]).toEqual([INVALID, INVALID])
    expect(await visit(third.token)).toBe('ann is a reader')
    expect(store.size).toBe(1)
  })

  test('of both, asking the store once where they are one session', async () => {
    const { signIn, revoke, store } = await serveSessionApi()
    const { token, refreshToken } = await signIn()
    const end = vi.spyOn(store, 'end')
    await revoke(token, refreshToken)

    expect(end.mock.calls).toEqual([[sidOf(token)]])
  })

  test('of a bearer that has expired', async () => {
    const { signIn, refresh, revoke, visit, clock } = await serveSessionApi()
    const { token, refreshToken } = await signIn()
    clock.now += 901

    expect(await visit(token)).toBe('UNAUTHORIZED: Token expired')
    expect(await revoke(token)).toBeUndefined()
    expect(await told(refresh(refreshToken))).toBe(NOT_AUTHORISED)
  })

  test('of an older refresh token of the session, as of its newest', async () => {
    const { signIn, refresh, revoke, visit, clock } = await serveSessionApi()
    const first = await signIn()
    const second = await refresh(first.refreshToken)
    clock.now += 60
    await revoke(undefined, first.refreshToken)

    expect(await visit(second.token)).toBe(INVALID)
  })

  test('once more, or of nobody: it succeeds', async () => {
    const { signIn, revoke } = await serveSessionApi()
    const { token, refreshToken } = await signIn()
    const answers = [await revoke(token), await revoke(token, refreshToken), await revoke()]

    expect(answers).toEqual([undefined, undefined, undefined])
  })

  test.each([
    ['audience', { audience: 'billing' }],
    ['audiences', { audience: ['billing', 'reports'] }],
    ['issuer', { issuer: 'billing' }],
    ['subject', { subject: 'device-7' }],
    ['everything', { audience: 'billing', issuer: 'billing', subject: 'device-7' }],
  ])('of a token that was issued for the %s of a single procedure, also once it has expired', async (_, expected) => {
    const { jwt, revoke, store, clock } = await serveSessionApi({ jwt: { audience: 'api', issuer: 'us' } })
    const claims = { sub: 'device-7', role: 'reader' }
    const [token, expired] = [
      await jwt.createAccessToken(claims, expected),
      await jwt.createAccessToken(claims, expected),
    ]

    expect(store.size).toBe(2)
    await revoke(token)
    expect(store.size).toBe(1)
    clock.now += 901
    await revoke(expired)
    expect(store.size).toBe(0)
  })

  test('that such a token joined, with all tokens of it', async () => {
    const { jwt, signIn, refresh, revoke, visit } = await serveSessionApi({ jwt: { audience: 'api', issuer: 'us' } })
    const [here, there] = [await signIn(), await signIn()]
    const sid = sidOf(here.token)
    const token = await jwt.createAccessToken({ sub: 'ann', role: 'reader' }, { sid, audience: 'billing' })

    expect(await visit(token)).toBe(INVALID)
    await revoke(token)
    expect([await visit(here.token), await visit(there.token)]).toEqual([INVALID, 'ann is a reader'])
    expect(await told(refresh(here.refreshToken))).toBe(NOT_AUTHORISED)
  })

  test('that a procedure with an audience of its own let in', async () => {
    const { jwt, store } = createSessionApi({ jwt: { audience: 'api' } })
    const t = initTRPC.context<typeof jwt.createContext>().create()
    const billing = jwt.protect({ audience: 'billing' }).query(({ ctx }) => ctx.jwt.sub)
    const router = t.router({ token: jwt.tokenRouter, billing })
    const token = await jwt.createAccessToken({ sub: 'ann', role: 'reader' }, { audience: 'billing' })
    const caller = router.createCaller(jwt.createContext({ headers: { authorization: `Bearer ${token}` } }))

    expect([await caller.billing(), store.size]).toEqual(['ann', 1])
    await caller.token.revoke()
    expect(store.size).toBe(0)
    await expect(caller.billing()).rejects.toThrow('Invalid token')
  })

  test('of nobody whose token another instance signed, or that is no access token', async () => {
    const { signIn, revoke, visit } = await serveSessionApi({ jwt: { audience: 'api', issuer: 'us' } })
    const { token, refreshToken } = await signIn()
    const claims = { ...decodeJwt(token) }
    const forged = [
      mint(claims, { passphrase: 'another passphrase of thirty-two bytes' }),
      mint(claims, { header: { typ: 'rt+jwt' } }),
      mint(claims, { header: { typ: 'id+jwt' } }),
      mint({ ...claims, sid: [claims['sid']] }),
      `${token}=`,
    ]
    await revoke(refreshToken)
    await revoke(undefined, token)
    for (const each of forged) await revoke(each, each)
    expect(await visit(token)).toBe('ann is a reader')
    await revoke(mint(claims))
    expect(await visit(token)).toBe(INVALID)
  })
})

describe('ending sessions from the server’s side', () => {
  test('endSession ends the one that is named', async () => {
    const { signIn, visit, jwt } = await serveSessionApi()
    const [one, other] = [await signIn(), await signIn()]
    await jwt.endSession(sidOf(one.token))

    expect([await visit(one.token), await visit(other.token)]).toEqual([INVALID, 'ann is a reader'])
    await expect(jwt.endSession(sidOf(one.token))).resolves.toBeUndefined()
    await expect(jwt.endSession('never was')).resolves.toBeUndefined()
  })

  test('endSessions ends all of a subject, and nobody else’s', async () => {
    const { signIn, refresh, visit, jwt } = await serveSessionApi()
    const [one, two, bob] = [await signIn(), await signIn(), await signIn('bob')]
    await jwt.endSessions('ann')

    expect([await visit(one.token), await visit(two.token)]).toEqual([INVALID, INVALID])
    expect(await told(refresh(two.refreshToken))).toBe(NOT_AUTHORISED)
    expect(await visit(bob.token)).toBe('bob is a writer')
  })

  test('endSessions with `except` leaves that one: log out everywhere else', async () => {
    const { signIn, refresh, visit, jwt } = await serveSessionApi()
    const [here, there] = [await signIn(), await signIn()]
    await jwt.endSessions('ann', { except: sidOf(here.token) })

    expect([await visit(here.token), await visit(there.token)]).toEqual(['ann is a reader', INVALID])
    expect(await visit((await refresh(here.refreshToken)).token)).toBe('ann is a reader')
  })
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

test.each(['generated', 'observed'] as const)(
  'over a socket, token.revoke ends the session and its stream, %s, at once, though retfunc throws when it is told',
  async (path) => {
    const api = await serveSignIns({
      retfunc: ({ type }) => {
        if (type === 'ended') throw new Error('The log is full')
      },
    })
    const client = api.openSocket()
    const { token } = await client.token.create.mutate({ name: 'ann' })
    const stream = listenTo(client, path)
    await expect.poll(api.listening).toBe(1)
    await expect(client.token.revoke.mutate()).rejects.toThrow('retfunc failed')
    api.emit(1)

    await expect.poll(() => stream).toEqual({ numbers: [], errors: [REVOKED] })
    expect(await reasonOf(client.me.query())).toBe('missing')
    expect(await api.store.isLive(sidOf(token))).toBe(false)
  },
)
