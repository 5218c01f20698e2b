import { generateKeyPair, exportJWK } from 'jose'
import { createJwtTrivial, memorySessions, type SessionStore } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { call, invalid, refusal } from '../support/call.ts'
import { createSessionApi, INVALID, serveSessionApi, sidOf, type Tokens } from '../support/session-api.ts'

const revoked = invalid('revoked')

test('a remembered token is rejected once its session has ended', async () => {
  const { signIn, revoke, visit } = await serveSessionApi()
  const { token } = await signIn()
  expect([await visit(token), await visit(token)]).toEqual(['ann is a reader', 'ann is a reader'])
  await revoke(token)

  expect([await visit(token), await visit(token)]).toEqual([INVALID, INVALID])
})

describe('after a revocation', () => {
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

  test('the token and other texts of the same signed bytes are rejected', async () => {
    const { signIn, revoke, visit, jwt } = await serveSessionApi()
    const { token } = await signIn()
    const last = ALPHABET.indexOf(token.slice(-1))
    const unusedBits = [1, 2, 3].map((bits) => token.slice(0, -1) + ALPHABET[last + bits])
    const others = [...unusedBits, `${token}=`, `${token}==`, token.replaceAll('.', '=.'), token.replace('.', ' .')]
    await revoke(token)

    expect(await Promise.all([token, ...others].map((each) => visit(each)))).toEqual(
      [token, ...others].map(() => INVALID),
    )
    expect(await refusal(jwt, token)).toEqual(revoked)
    expect(await Promise.all(others.map((each) => refusal(jwt, each)))).toEqual(others.map(() => invalid('malformed')))
  })

  test('the token with the second valid ES256 signature is rejected', async () => {
    const pair = await generateKeyPair('ES256', { extractable: true })
    const privateKey = { ...(await exportJWK(pair.privateKey)), alg: 'ES256', kid: 'k' }
    const jwt = createJwtTrivial({
      privateKey,
      authorise: () => ({ sub: 'ann' }),
      sessions: { store: memorySessions(), reauthorise: () => true },
    })
    const token = await jwt.createAccessToken({ sub: 'ann' })
    const twin = twinOf(token)

    expect(await call(jwt, twin)).toMatchObject({ sub: 'ann' })
    await jwt.endSession(sidOf(token))
    expect(await refusal(jwt, twin)).toEqual(revoked)
  })

  test('every token of the session is rejected, also those that createAccessToken signs later', async () => {
    const { signIn, refresh, revoke, visit, jwt } = await serveSessionApi()
    const first = await signIn()
    const second = await refresh(first.refreshToken)
    const third = await jwt.createAccessToken({ sub: 'ann', role: 'writer' }, { sid: sidOf(first.token) })
    await revoke(second.token)
    const fourth = await jwt.createAccessToken({ sub: 'ann', role: 'writer' }, { sid: sidOf(first.token) })
    const tokens = [first.token, second.token, third, fourth]

    expect(await Promise.all(tokens.map((token) => visit(token)))).toEqual(tokens.map(() => INVALID))
  })
})

/** Replaces s by n - s in the signature, which every verifier of ECDSA accepts. */
function twinOf(token: string): string {
  const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const [header, payload, signature = ''] = token.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  const s = n - BigInt(`0x${bytes.subarray(32).toString('hex')}`)
  const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')])
  return `${header}.${payload}.${twin.toString('base64url')}`
}

const later = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 20))

const slowly = async <T>(work: () => Promise<T>): Promise<T> => {
  await later()
  const answer = await work()
  await later()
  return answer
}

/** Wraps a store: each call takes effect after a delay, and returns after another one. */
function slow(store: SessionStore): SessionStore {
  return {
    start: (session) => slowly(() => store.start(session)),
    isLive: (sid) => slowly(() => store.isLive(sid)),
    rotate: (...args) => slowly(() => store.rotate(...args)),
    end: (sid) => slowly(() => store.end(sid)),
    endAll: (sub, except) => slowly(() => store.endAll(sub, except)),
  }
}

test.each([0, 60])(
  'with a slow store and calls in flight, a call that starts after the revocation is rejected, with cacheSeconds %d',
  async (cacheSeconds) => {
    const { signIn, revoke, visit } = await serveSessionApi({ store: slow(memorySessions()), cacheSeconds })
    const rounds = Array.from({ length: 20 }, async () => {
      const { token } = await signIn()
      const before = Array.from({ length: 5 }, () => visit(token))
      await later()
      await revoke(token)
      const after = Array.from({ length: 5 }, () => visit(token))
      await Promise.all(before)
      return Promise.all([...after, visit(token)])
    })

    expect(new Set((await Promise.all(rounds)).flat())).toEqual(new Set([INVALID]))
  },
)

const endAndSignIn = async (wait: number) => {
  const api = await serveSessionApi()
  const older: Tokens[] = [await api.signIn(), await api.signIn()]
  api.clock.now += wait
  await api.jwt.endSessions('ann')
  const newer = await api.signIn()
  return { ...api, older, newer }
}

describe('after endSessions of a subject', () => {
  test.each([
    ['in the same second', 0],
    ['later', 60],
  ])('older tokens are rejected, and one issued right afterwards is accepted: %s', async (_when, wait) => {
    const { older, newer, visit, refresh } = await endAndSignIn(wait)

    expect(await Promise.all(older.map(({ token }) => visit(token)))).toEqual([INVALID, INVALID])
    expect(await visit(newer.token)).toBe('ann is a reader')
    expect(await visit((await refresh(newer.refreshToken)).token)).toBe('ann is a reader')
  })

  test('older tokens of createAccessToken are rejected, and newer ones are accepted', async () => {
    const { jwt } = createSessionApi()
    const older = await jwt.createAccessToken({ sub: 'ann', role: 'reader' })
    await jwt.endSessions('ann')
    const newer = await jwt.createAccessToken({ sub: 'ann', role: 'reader' })

    expect(await refusal(jwt, older)).toEqual(revoked)
    expect(await call(jwt, newer)).toMatchObject({ sub: 'ann' })
  })
})
