import { generateKeyPair, exportJWK } from 'jose'
import { createJwtTrivial, memorySessions, type SessionStore } from 'trpc-jwt-trivial'
import { describe, expect, test, vi } from 'vitest'

import { call, invalid, refusal } from '../support/call.ts'
import { mint } from '../support/mint.ts'
import { headerValues, sendRaw, type RawResponse } from '../support/raw.ts'
import { createSessionApi, INVALID, serveSessionApi, sidOf, type Tokens } from '../support/session-api.ts'

const revoked = invalid('revoked')

test('F4 a token that is remembered is refused once its session has ended', async () => {
  const { signIn, revoke, visit } = await serveSessionApi()
  const { token } = await signIn()
  expect([await visit(token), await visit(token)]).toEqual(['ann is a reader', 'ann is a reader'])
  await revoke(token)

  expect([await visit(token), await visit(token)]).toEqual([INVALID, INVALID])
})

describe('G1 a revocation holds', () => {
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

  test('G1 against other texts that the signature would vouch for too', async () => {
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

  test('G1 against the twin of an ES256 signature, which is as good as the first', async () => {
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

  test('G1 against every token of the session, and those that name it and were signed since', async () => {
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

/** The same signature with n - s for s, which every verifier of ECDSA takes. */
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

/** A store whose every call takes effect some time after it began, and answers some time after that. */
function slow(store: SessionStore): SessionStore {
  return {
    start: (session) => slowly(() => store.start(session)),
    isLive: (sid) => slowly(() => store.isLive(sid)),
    rotate: (...args) => slowly(() => store.rotate(...args)),
    end: (sid) => slowly(() => store.end(sid)),
    endAll: (sub, except) => slowly(() => store.endAll(sub, except)),
  }
}

describe('G2 a call that starts after a revocation was answered is refused', () => {
  test.each([0, 60])('G2 by a store that is slow, amid calls in flight, with cacheSeconds %d', async (cacheSeconds) => {
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
  })
})

test('G3 the store shrinks after its sessions have expired', async () => {
  const { signIn, store, clock } = await serveSessionApi({ expiresIn: '1h' })
  await Promise.all(Array.from({ length: 50 }, () => signIn()))
  clock.now += 1_800
  await signIn()
  expect(store.size).toBe(51)
  clock.now += 1_800
  await signIn()
  expect(store.size).toBe(2)
  clock.now += 3_600
  await signIn()
  expect(store.size).toBe(1)
})

test('G4 revoking garbage 10,000 times leaves the store as it was', async () => {
  const { signIn, visit, url, store } = await serveSessionApi()
  const { token } = await signIn()
  const garbage = ['', 'x', 'a.b.c', mint({ sid: 'x' }, { passphrase: 'another passphrase of thirty-two bytes' })]
  const bodies = Array.from({ length: 20 }, (_, batch) =>
    Object.fromEntries(Array.from({ length: 500 }, (_call, i) => [i, { refreshToken: `${garbage[i % 4]}${batch}` }])),
  )
  const paths = Array.from({ length: 500 }, () => 'token.revoke').join(',')
  const responses = bodies.map((body) => sendRaw(`${url}/${paths}?batch=1`, [], post(body)))

  expect(new Set((await Promise.all(responses)).map(({ body }) => body))).toEqual(
    new Set([JSON.stringify(Array.from({ length: 500 }, () => ({ result: {} })))]),
  )
  expect(store.size).toBe(1)
  expect(await visit(token)).toBe('ann is a reader')
})

test('G4 revoking what is live, over, unknown or garbage is answered alike, by the byte', async () => {
  const { signIn, revoke, url, clock, jwt } = await serveSessionApi()
  const [live, other, over, expired] = [await signIn(), await signIn(), await signIn(), await signIn()]
  await revoke(over.token)
  const unknown = await jwt.createAccessToken({ sub: 'ann', role: 'reader' }, { sid: 'unknown' })
  clock.now += 901
  const asBearer = [live.token, over.token, expired.token, unknown, 'garbage', mint({ sid: 'x' })]
  const asInput = [other.refreshToken, over.refreshToken, live.token, 'garbage', '']
  const responses = [
    ...asBearer.map((token) => sendRaw(`${url}/token.revoke`, [`Authorization: Bearer ${token}`], post({}))),
    ...asInput.map((refreshToken) => sendRaw(`${url}/token.revoke`, [], post({ refreshToken }))),
    sendRaw(`${url}/token.revoke`, ['Authorization: Basic YTpi'], post({})),
  ]

  expect(new Set((await Promise.all(responses)).map(bytesOf)).size).toBe(1)
  expect(await responses[0]).toMatchObject({ status: 200, body: '{"result":{}}' })
})

test('G4 a garbage revocation does not even ask the store', async () => {
  const { revoke, store } = await serveSessionApi()
  const end = vi.spyOn(store, 'end')
  await revoke('garbage', 'garbage')
  await revoke(mint({ sid: undefined }))

  expect(end).not.toHaveBeenCalled()
})

const endAndSignIn = async (wait: number) => {
  const api = await serveSessionApi()
  const older: Tokens[] = [await api.signIn(), await api.signIn()]
  api.clock.now += wait
  await api.jwt.endSessions('ann')
  const newer = await api.signIn()
  return { ...api, older, newer }
}

describe('G6 once all sessions of a subject have ended', () => {
  test.each([
    ['in the same second', 0],
    ['later', 60],
  ])('G6 older tokens are refused, one that is issued right after is good: %s', async (_when, wait) => {
    const { older, newer, visit, refresh } = await endAndSignIn(wait)

    expect(await Promise.all(older.map(({ token }) => visit(token)))).toEqual([INVALID, INVALID])
    expect(await visit(newer.token)).toBe('ann is a reader')
    expect(await visit((await refresh(newer.refreshToken)).token)).toBe('ann is a reader')
  })

  test('G6 also those of createAccessToken', async () => {
    const { jwt } = createSessionApi()
    const older = await jwt.createAccessToken({ sub: 'ann', role: 'reader' })
    await jwt.endSessions('ann')
    const newer = await jwt.createAccessToken({ sub: 'ann', role: 'reader' })

    expect(await refusal(jwt, older)).toEqual(revoked)
    expect(await call(jwt, newer)).toMatchObject({ sub: 'ann' })
  })
})

test('K4 revoked, forged and unknown do not differ to the client, by the byte', async () => {
  const { signIn, revoke, url, jwt } = await serveSessionApi()
  const { token } = await signIn()
  await revoke(token)
  const tokens = [
    token,
    mint({ sid: 'x' }, { passphrase: 'another passphrase of thirty-two bytes' }),
    await jwt.createAccessToken({ sub: 'ann', role: 'reader' }, { sid: 'unknown' }),
    mint({ exp: 9e9 }),
    'garbage',
  ]
  const responses = await Promise.all(
    tokens.map((each) => sendRaw(`${url}/private`, [`Authorization: Bearer ${each}`])),
  )

  expect(new Set(responses.map(bytesOf)).size).toBe(1)
  expect(responses.map((response) => headerValues(response, 'www-authenticate'))).toEqual(
    tokens.map(() => ['Bearer realm="trpc", error="invalid_token"']),
  )
})

const post = (body: object) => ({ method: 'POST', body: JSON.stringify(body) })

/** A response's every byte, but for the date. */
const bytesOf = ({ status, headers, body }: RawResponse) =>
  JSON.stringify([status, headers.filter(([name]) => name !== 'Date'), body])
