import { createJwtVerifier, type JwtVerifierOptions } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import type { Bearer } from '../../src/bearer/create-context.ts'
import type { KeySource } from '../../src/keys/key-source.ts'
import { passphraseKey, passphraseSource } from '../../src/keys/passphrase-keys.ts'
import { JwtRejection } from '../../src/outcome/rejection.ts'
import { createTokenCache } from '../../src/verify/token-cache.ts'
import { call, callBehind, contextWith, invalid, refusalOf } from '../support/call.ts'
import { standingClock } from '../support/clock.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'
import { countVerifications } from '../support/verifications.ts'

const OTHER_PASSPHRASE = 'another horse, another battery, another staple, and 64 bytes too'

const verifier = (options: JwtVerifierOptions = {}) => createJwtVerifier({ passphrase: PASSPHRASE, ...options })

describe('a good token', () => {
  test('is verified once, however many requests present it', async () => {
    const [jwt, token, verifications] = [verifier(), mint(), countVerifications()]
    for (let request = 0; request < 20; request++) expect(await call(jwt, token)).toMatchObject({ sub: 'ann' })
    expect(await jwt.verify(token)).toMatchObject({ sub: 'ann' })
    expect(verifications.count).toBe(1)
  })

  test('is verified once by requests that present it at the same time', async () => {
    const [jwt, token, verifications] = [verifier(), mint(), countVerifications()]
    const claims = await Promise.all(Array.from({ length: 50 }, () => call(jwt, token)))
    expect(new Set(claims.map(({ sub }) => sub))).toEqual(new Set(['ann']))
    expect(verifications.count).toBe(1)
  })

  test('gives every call the same frozen claims', async () => {
    const [jwt, token] = [verifier(), mint({ teams: [{ name: 'red' }] })]
    const claims = await call(jwt, token)
    expect(await call(jwt, token)).toBe(claims)
    expect([claims, claims['teams'], (claims['teams'] as object[])[0]].every(Object.isFrozen)).toBe(true)
  })

  test('is verified once where its schema makes what cannot be frozen', async () => {
    const schema = z.object({ since: z.string().transform((text) => new Date(text)) })
    const jwt = createJwtVerifier({ passphrase: PASSPHRASE, claims: schema })
    const verifications = countVerifications()
    const token = mint({ since: '2026-11-24' })
    for (let request = 0; request < 3; request++) await call(jwt, token)
    expect(verifications.count).toBe(1)
  })

  test('is read by its schema once, where what that makes can be shared', async () => {
    let reads = 0
    const schema = z.object({ role: z.string() }).transform((claims) => ({ ...claims, read: ++reads }))
    const jwt = createJwtVerifier({ passphrase: PASSPHRASE, claims: schema })
    const token = mint({ role: 'reader' })
    expect(await call(jwt, token)).toMatchObject({ read: 1 })
    expect(await call(jwt, token)).toMatchObject({ read: 1 })
  })

  test('leaves what its schema keeps for itself unfrozen', async () => {
    const kept = { name: 'red', members: ['ann'] }
    const schema = z.object({ sub: z.string() }).transform(() => ({ team: kept }))
    const { team } = await call(createJwtVerifier({ passphrase: PASSPHRASE, claims: schema }), mint())
    expect(team).toEqual(kept)
    expect(Object.isFrozen(team.members)).toBe(true)
    expect(Object.isFrozen(kept) || Object.isFrozen(kept.members)).toBe(false)
  })
})

describe('a token that was refused', () => {
  test('is not remembered: it is verified again and refused again', async () => {
    const [jwt, verifications] = [verifier(), countVerifications()]
    const forged = mint({}, { passphrase: OTHER_PASSPHRASE })
    expect(await refusalOf(call(jwt, forged))).toEqual(invalid('bad_signature'))
    expect(await refusalOf(call(jwt, forged))).toEqual(invalid('bad_signature'))
    expect(verifications.count).toBe(2)
  })

  test('is refused to all that present it at the same time, by one verification', async () => {
    const [jwt, verifications] = [verifier(), countVerifications()]
    const forged = mint({}, { passphrase: OTHER_PASSPHRASE })
    const refusals = await Promise.all(Array.from({ length: 20 }, () => refusalOf(call(jwt, forged))))
    expect(refusals).toEqual(Array.from({ length: 20 }, () => invalid('bad_signature')))
    expect(verifications.count).toBe(1)
  })

  test('for its time is accepted once that has come', async () => {
    const clock = standingClock()
    const jwt = verifier({ clock: clock.read })
    const token = mint({ iat: clock.now, nbf: clock.now + 10, exp: clock.now + 60 })
    expect(await refusalOf(call(jwt, token))).toEqual(invalid('not_yet_valid'))
    clock.now += 10
    expect(await call(jwt, token)).toMatchObject({ sub: 'ann' })
  })

  test('for whom it is meant is not remembered either', async () => {
    const [jwt, token, verifications] = [verifier(), mint({ aud: 'api' }), countVerifications()]
    for (let request = 0; request < 2; request++) {
      expect(await refusalOf(call(jwt, token))).toEqual(invalid('wrong_audience'))
    }
    expect(verifications.count).toBe(2)
  })

  test('by its schema is shown to the schema again', async () => {
    const banned = new Set(['ann'])
    const schema = z.object({ sub: z.string().refine((sub) => !banned.has(sub)) })
    const jwt = createJwtVerifier({ passphrase: PASSPHRASE, claims: schema })
    const token = mint()
    expect(await refusalOf(call(jwt, token))).toEqual(invalid('invalid_claims'))
    banned.clear()
    expect(await call(jwt, token)).toMatchObject({ sub: 'ann' })
  })

  test('for want of keys is accepted once they can be had', async () => {
    const keys = passphraseSource([passphraseKey(new TextEncoder().encode(PASSPHRASE), ['HS256'])])
    let down = true
    const find: KeySource['find'] = (header) =>
      down ? Promise.reject(new JwtRejection('unavailable')) : keys.find(header)
    const tokens = verifiedTokens({ ...keys, find })
    await expect(tokens.verify(bearer(mint()))).rejects.toMatchObject({ reason: 'unavailable' })
    down = false
    expect(await tokens.verify(bearer(mint()))).toMatchObject({ payload: { sub: 'ann' } })
  })
})

describe('remembering ends', () => {
  test('after ten minutes, however long the token lives', async () => {
    const clock = standingClock()
    const jwt = verifier({ clock: clock.read })
    const token = mint({ iat: clock.now, exp: clock.now + 86_400 })
    const verifications = countVerifications()
    await call(jwt, token)
    clock.now += 599.999
    await call(jwt, token)
    expect(verifications.count).toBe(1)
    clock.now += 0.001
    await call(jwt, token)
    expect(verifications.count).toBe(2)
    await call(jwt, token)
    expect(verifications.count).toBe(2)
  })

  test('after ten minutes on a connection that keeps its bearer, too', async () => {
    const clock = standingClock()
    const jwt = verifier({ clock: clock.read, verifiedTokens: 0 })
    const ctx = contextWith(jwt, mint({ iat: clock.now, exp: clock.now + 86_400 }))
    const verifications = countVerifications()
    await callBehind(jwt.protectedProcedure, ctx)
    clock.now += 600
    await callBehind(jwt.protectedProcedure, ctx)
    expect(verifications.count).toBe(2)
  })

  test('once the clock is set back to before the verification', async () => {
    const clock = standingClock()
    const jwt = verifier({ clock: clock.read })
    const token = mint({ iat: clock.now - 60, exp: clock.now + 60 })
    const verifications = countVerifications()
    await call(jwt, token)
    clock.now -= 0.001
    await call(jwt, token)
    expect(verifications.count).toBe(2)
  })

  test('for the token longest unused, once there are more than the bound', async () => {
    const [jwt, verifications] = [verifier({ verifiedTokens: 2 }), countVerifications()]
    const [ann, bob, cem] = ['ann', 'bob', 'cem'].map((sub) => mint({ sub }))
    for (const token of [ann, bob, ann, cem]) await call(jwt, token)
    expect(verifications.count).toBe(3)
    await call(jwt, ann)
    await call(jwt, cem)
    expect(verifications.count).toBe(3)
    await call(jwt, bob)
    expect(verifications.count).toBe(4)
  })

  test('for a thousand tokens, unless the options say otherwise', async () => {
    const [jwt, verifications] = [verifier(), countVerifications()]
    const tokens = Array.from({ length: 1_000 }, (_, i) => mint({ sub: `user ${i}` }))
    for (const token of [...tokens, ...tokens]) await jwt.verify(token)
    expect(verifications.count).toBe(1_000)
    await jwt.verify(mint({ sub: 'one more' }))
    await jwt.verify(String(tokens[0]))
    expect(verifications.count).toBe(1_002)
  })
})

describe('a source of keys that change', () => {
  const keys = passphraseSource([passphraseKey(new TextEncoder().encode(PASSPHRASE), ['HS256'])])

  test('ends what its former keys verified', async () => {
    let version = {}
    const tokens = verifiedTokens({ ...keys, version: () => version })
    const [text, verifications] = [mint(), countVerifications()]
    await remember(tokens, text)
    await remember(tokens, text)
    expect(verifications.count).toBe(1)
    version = {}
    await remember(tokens, text)
    expect(verifications.count).toBe(2)
  })

  test('counts for a token whose verification was under way when they changed, too', async () => {
    let version = {}
    const tokens = verifiedTokens({ ...keys, version: () => version })
    const [text, verifications] = [mint(), countVerifications()]
    const verifying = remember(tokens, text)
    version = {}
    await verifying
    await remember(tokens, text)
    expect(verifications.count).toBe(2)
  })

  test('refuses a token again once its key is gone', async () => {
    let current: KeySource = keys
    const tokens = verifiedTokens({
      algorithms: keys.algorithms,
      find: (header) => current.find(header),
      version: () => current.version(),
    })
    const text = mint()
    await remember(tokens, text)
    current = passphraseSource([passphraseKey(new TextEncoder().encode(OTHER_PASSPHRASE), ['HS256'])])
    await expect(remember(tokens, text)).rejects.toMatchObject({ reason: 'bad_signature' })
  })
})

describe('verifiedTokens: 0', () => {
  test('verifies once per request, whatever the request calls', async () => {
    const [jwt, token, verifications] = [verifier({ verifiedTokens: 0 }), mint(), countVerifications()]
    const ctx = contextWith(jwt, token)
    await Promise.all(Array.from({ length: 5 }, () => callBehind(jwt.protectedProcedure, ctx)))
    await callBehind(jwt.protectedProcedure, ctx)
    expect(verifications.count).toBe(1)
    await call(jwt, token)
    expect(verifications.count).toBe(2)
  })

  test('still refuses what is no longer good within one request', async () => {
    const clock = standingClock()
    const jwt = verifier({ verifiedTokens: 0, clock: clock.read })
    const ctx = contextWith(jwt, mint({ iat: clock.now, exp: clock.now + 60 }))
    await callBehind(jwt.protectedProcedure, ctx)
    clock.now += 60
    expect(await refusalOf(callBehind(jwt.protectedProcedure, ctx))).toMatchObject({ reason: 'expired' })
  })
})

const bearer = (token: string): Bearer => ({ status: 'present', token })

const verifiedTokens = (keys: KeySource) =>
  createTokenCache({
    keys,
    claims: undefined,
    clockToleranceSeconds: 0,
    expRequired: true,
    verifiedTokens: 10,
    nowSeconds: () => Date.now() / 1000,
    audience: undefined,
    issuer: undefined,
    subject: undefined,
  })

const remember = async (tokens: ReturnType<typeof verifiedTokens>, text: string) =>
  tokens.parseClaims(await tokens.verify(bearer(text)))
