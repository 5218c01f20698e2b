import { decodeJwt } from 'jose'
import type { Outcome } from 'trpc-jwt-trivial'
import { describe, expect, test, vi } from 'vitest'

import { INVALID, NOT_AUTHORISED, serveSessionApi, told, UNAVAILABLE } from '../support/session-api.ts'

/** Whom a token names. */
const named = (token: string) => {
  const { sub, sid, jti } = decodeJwt(token)
  return { sub, sid, jti }
}

/** Serves the API, and gives what `retfunc` saw since it was last asked. */
async function serve(...options: Parameters<typeof serveSessionApi>) {
  const api = await serveSessionApi(...options)
  return { ...api, seen: (): Outcome[] => api.outcomes.splice(0) }
}

describe('the record tells', () => {
  test('a sign-in from a renewal', async () => {
    const { signIn, refresh, seen } = await serve()
    const first = await signIn()
    const second = await refresh(first.refreshToken)

    expect(seen()).toEqual([
      { type: 'issued', path: 'token.create', ...named(first.token) },
      { type: 'renewed', path: 'token.refresh', ...named(second.token) },
    ])
  })

  test('a reused refresh token, and that its session has ended, while the client is told neither', async () => {
    const { signIn, refresh, visit, seen } = await serve({ grace: 0 })
    const { token, refreshToken } = await signIn()
    await refresh(refreshToken)
    seen()

    expect(await told(refresh(refreshToken))).toBe(NOT_AUTHORISED)
    expect(seen()).toEqual([
      { type: 'ended', by: 'reuse', path: 'token.refresh', ...named(refreshToken) },
      { type: 'rejected', reason: 'reused', path: 'token.refresh', ...named(refreshToken) },
    ])
    expect(await visit(token)).toBe(INVALID)
  })

  test('a refresh token whose session is over from a reused one', async () => {
    const { signIn, refresh, revoke, seen } = await serve()
    const { refreshToken } = await signIn()
    await revoke(undefined, refreshToken)
    seen()

    expect(await told(refresh(refreshToken))).toBe(NOT_AUTHORISED)
    expect(seen()).toEqual([
      { type: 'rejected', reason: 'not_authorised', path: 'token.refresh', ...named(refreshToken) },
    ])
  })

  test('nobody of a refresh token that is forged', async () => {
    const { signIn, refresh, seen } = await serve()
    const { refreshToken } = await signIn()
    seen()
    await told(refresh(`${refreshToken.slice(0, -8)}AAAAAAAA`))

    expect(seen()).toEqual([{ type: 'rejected', reason: 'not_authorised', path: 'token.refresh' }])
  })

  test('a reauthorise that said no, and the session that it ended', async () => {
    const { signIn, refresh, users, seen } = await serve()
    const { refreshToken } = await signIn()
    users.set('ann', 'banned')
    seen()

    expect(await told(refresh(refreshToken))).toBe(NOT_AUTHORISED)
    expect(seen()).toEqual([
      { type: 'ended', by: 'reauthorise', path: 'token.refresh', ...named(refreshToken) },
      { type: 'rejected', reason: 'not_authorised', path: 'token.refresh', ...named(refreshToken) },
    ])
  })

  test('a revocation, by the token that asked for it, and each session once', async () => {
    const { signIn, revoke, seen } = await serve()
    const [one, two, bob] = [await signIn(), await signIn(), await signIn('bob')]
    const ended = { type: 'ended', by: 'revoke', path: 'token.revoke' }
    seen()

    await revoke(one.token, one.refreshToken)
    expect(seen()).toEqual([{ ...ended, ...named(one.token) }])
    await revoke(two.token, bob.refreshToken)
    expect(new Set(seen())).toEqual(
      new Set([
        { ...ended, ...named(two.token) },
        { ...ended, ...named(bob.refreshToken) },
      ]),
    )
    await revoke()
    await revoke('garbage', 'garbage')
    expect(seen()).toEqual([])
  })

  test('endSession and endSessions, which have no path and know no token', async () => {
    const { signIn, jwt, seen } = await serve()
    const { sid } = named((await signIn()).token)
    seen()
    await jwt.endSession(String(sid))
    await jwt.endSessions('ann', { except: 'x' })

    expect(seen()).toEqual([
      { type: 'ended', by: 'endSession', path: undefined, sid },
      { type: 'ended', by: 'endSessions', path: undefined, sub: 'ann' },
    ])
  })

  test('outcomes that are frozen, and no token', async () => {
    const { signIn, refresh, revoke, seen } = await serve({ grace: 0 })
    const first = await signIn()
    const second = await refresh(first.refreshToken)
    await told(refresh(first.refreshToken))
    await revoke(second.token)
    const outcomes = seen()
    const parts = [first, second].flatMap((pair) => [pair.token, pair.refreshToken].flatMap((text) => text.split('.')))

    expect(outcomes.map(({ type }) => type)).toEqual(['issued', 'renewed', 'ended', 'rejected', 'ended'])
    expect(outcomes.every((outcome) => Object.isFrozen(outcome))).toBe(true)
    expect(parts.filter((part) => JSON.stringify(outcomes).includes(part))).toEqual([])
  })
})

describe('a store that fails', () => {
  test('ends nothing on the record, whichever way it was asked', async () => {
    const { signIn, refresh, revoke, jwt, users, store, seen } = await serve()
    const { token, refreshToken } = await signIn()
    const failure = new Error('connection refused by 10.1.2.3')
    vi.spyOn(store, 'end').mockRejectedValue(failure)
    vi.spyOn(store, 'endAll').mockRejectedValue(failure)
    users.set('ann', 'banned')
    seen()

    expect(await told(revoke(token))).toBe(UNAVAILABLE)
    expect(await told(refresh(refreshToken))).toBe(UNAVAILABLE)
    await expect(jwt.endSession('one')).rejects.toThrow('Service unavailable')
    await expect(jwt.endSessions('ann')).rejects.toThrow('Service unavailable')
    const rejected = { type: 'rejected', reason: 'unavailable', error: failure }
    expect(seen()).toEqual([
      { ...rejected, path: 'token.revoke', ...named(token) },
      { ...rejected, path: 'token.refresh', ...named(refreshToken) },
      { ...rejected, path: undefined, sid: 'one' },
      { ...rejected, path: undefined, sub: 'ann' },
    ])
  })
})
