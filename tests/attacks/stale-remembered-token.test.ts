import { createJwtVerifier, type JwtVerifierOptions } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { call, callBehind, contextWith, invalid, refusalOf } from '../support/call.ts'
import { standingClock } from '../support/clock.ts'
import { heapInUse } from '../support/heap.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'
import { countVerifications } from '../support/verifications.ts'

const OTHER_PASSPHRASE = 'another horse, another battery, another staple, and 64 bytes too'
const expired = { reason: 'expired', code: 'UNAUTHORIZED', message: 'Token expired' }

const verifier = (options: JwtVerifierOptions = {}) => createJwtVerifier({ passphrase: PASSPHRASE, ...options })

describe('F1 a remembered token stops at the very instant that the cold path would refuse it', () => {
  test.each([
    ['with iat', {}],
    ['without iat', { iat: undefined }],
    ['with an exp between two seconds', { exp: 1_800_000_060.5 }],
  ])('F1 %s', async (_what, claims) => {
    const clock = standingClock()
    const [warm, verifications] = [verifier({ clock: clock.read }), countVerifications()]
    const payload = { iat: clock.now, exp: clock.now + 60, ...claims }
    const token = mint(payload)
    await call(warm, token)
    for (const instant of [payload.exp - 1, payload.exp - 0.001]) {
      clock.now = instant
      expect(await call(warm, token)).toMatchObject({ sub: 'ann' })
    }
    expect(verifications.count).toBe(1)
    for (const instant of [payload.exp, payload.exp + 0.001, payload.exp + 1_000]) {
      clock.now = instant
      expect(await refusalOf(call(warm, token))).toEqual(expired)
      expect(await refusalOf(call(verifier({ clock: clock.read }), token))).toEqual(expired)
    }
  })

  test('F1 with a clock tolerance', async () => {
    const clock = standingClock()
    const jwt = verifier({ clock: clock.read, clockTolerance: 30 })
    const token = mint({ iat: clock.now, exp: clock.now + 60 })
    clock.now += 89.999
    expect(await call(jwt, token)).toMatchObject({ sub: 'ann' })
    expect(await call(jwt, token)).toMatchObject({ sub: 'ann' })
    clock.now += 0.001
    expect(await refusalOf(call(jwt, token))).toEqual(expired)
  })

  test('F1 within one request, and on a connection that keeps its bearer', async () => {
    const clock = standingClock()
    const jwt = verifier({ clock: clock.read })
    const ctx = contextWith(jwt, mint({ iat: clock.now, exp: clock.now + 60 }))
    clock.now += 59.999
    expect(await callBehind(jwt.protectedProcedure, ctx)).toMatchObject({ sub: 'ann' })
    clock.now += 0.001
    expect(await refusalOf(callBehind(jwt.protectedProcedure, ctx))).toEqual(expired)
  })

  test('F1 also where the clock is set back: before nbf, and before iat by more than five seconds', async () => {
    const clock = standingClock()
    const start = clock.now
    const jwt = verifier({ clock: clock.read })
    const begun = mint({ iat: start - 100, nbf: start, exp: start + 60 })
    const issued = mint({ iat: start, exp: start + 60 })
    await Promise.all([call(jwt, begun), call(jwt, issued)])
    clock.now = start - 0.001
    expect(await refusalOf(call(jwt, begun))).toEqual(invalid('not_yet_valid'))
    clock.now = start - 5.001
    expect(await refusalOf(call(jwt, issued))).toEqual(invalid('not_yet_valid'))
  })
})

/** The same calls in an order that is mixed, and the same in each run: a stride that shares no factor with their number. */
const mixed = <T>(calls: readonly T[]): T[] => calls.map((_, i) => calls[(i * 7_919) % calls.length] as T)

describe('F2 tokens that differ in sub only', () => {
  test.each([
    ['all remembered', 1_000],
    ['most of them forgotten in between', 100],
    ['none remembered', 0],
  ])('F2 1,000 of them, concurrent and in mixed order, %s: each gets its own claims', async (_what, bound) => {
    const jwt = verifier({ verifiedTokens: bound })
    const times = { iat: 1_700_000_000, exp: 4_000_000_000 }
    const users = Array.from({ length: 1_000 }, (_, i) => `user ${String(i).padStart(4, '0')}`)
    const tokens = users.map((sub) => ({ sub, token: mint({ ...times, sub }) }))
    for (const round of [tokens, [...tokens, ...tokens]]) {
      const seen = await Promise.all(
        mixed(round).map(async ({ sub, token }) => ({ sub, claims: await call(jwt, token) })),
      )
      expect(seen.filter(({ sub, claims }) => claims.sub !== sub)).toEqual([])
    }
  })
})

describe("F3 what one instance remembers is not another's", () => {
  const token = mint({ aud: 'api', role: 'reader' })
  const options = { passphrase: PASSPHRASE, audience: 'api' }

  test.each([
    ['of another audience', createJwtVerifier({ ...options, audience: 'jobs' }), 'wrong_audience'],
    ['of another issuer', createJwtVerifier({ ...options, issuer: 'https://issuer' }), 'wrong_issuer'],
    ['of another subject', createJwtVerifier({ ...options, subject: 'bob' }), 'wrong_subject'],
    ['of another key', createJwtVerifier({ ...options, passphrase: OTHER_PASSPHRASE }), 'bad_signature'],
    ['of other algorithms', createJwtVerifier({ ...options, algorithms: ['HS512'] }), 'malformed'],
    [
      'of another schema',
      createJwtVerifier({ ...options, claims: z.object({ role: z.literal('writer') }) }),
      'invalid_claims',
    ],
  ] as const)('F3 an instance %s refuses it, before and after', async (_what, other, reason) => {
    const first = createJwtVerifier(options)
    await call(first, token)
    expect(await refusalOf(call(other, token))).toEqual(invalid(reason))
    await call(first, token)
    expect(await refusalOf(call(other, token))).toEqual(invalid(reason))
  })

  test('F3 both refuse within one request, where both guard by the same bearer', async () => {
    const first = createJwtVerifier(options)
    const other = createJwtVerifier({ ...options, passphrase: OTHER_PASSPHRASE })
    const ctx = contextWith(first, token)
    await callBehind(first.protectedProcedure, ctx)
    expect(await refusalOf(callBehind(other.protectedProcedure, ctx))).toEqual(invalid('bad_signature'))
  })

  test('F3 nor is what one procedure accepts accepted by another that asks for another audience', async () => {
    const jwt = createJwtVerifier(options)
    await call(jwt, token)
    const refused = callBehind(jwt.protect({ audience: 'jobs' }), contextWith(jwt, token))
    expect(await refusalOf(refused)).toEqual(invalid('wrong_audience'))
  })
})

describe('F5 a flood of tokens', () => {
  test('F5 20,000 good ones are held to the bound, and the last ones remembered', async () => {
    const jwt = verifier()
    const before = heapInUse()
    const last: string[] = []
    for (let i = 0; i < 20_000; i++) {
      const token = mint({ sub: `user ${i}`, about: 'x'.repeat(500) })
      if (i >= 19_500) last.push(token)
      await jwt.verify(token)
    }
    expect(heapInUse() - before).toBeLessThan(8)
    const verifications = countVerifications()
    await Promise.all(last.map((token) => jwt.verify(token)))
    expect(verifications.count).toBe(0)
  }, 60_000)

  test('F5 200,000 forged ones leave nothing behind, and a good one is still remembered', async () => {
    const [jwt, good] = [verifier(), mint()]
    const forge = async (count: number) => {
      const [header, payload] = mint({ about: 'x'.repeat(500) }).split('.')
      for (let i = 0; i < count; i += 100) {
        const forged = Array.from({ length: 100 }, (_, j) => `${header}.${payload}.${String(i + j).padStart(42, 'A')}A`)
        const refused = await Promise.allSettled(forged.map((token) => jwt.verify(token)))
        expect(refused.every(({ status }) => status === 'rejected')).toBe(true)
      }
    }
    await jwt.verify(good)
    await forge(2_000)
    const before = heapInUse()
    await forge(200_000)
    expect(heapInUse() - before).toBeLessThan(8)
    const verifications = countVerifications()
    expect(await jwt.verify(good)).toMatchObject({ sub: 'ann' })
    expect(verifications.count).toBe(0)
  }, 120_000)
})

describe('F6 a procedure that changes its claims cannot be seen by the next call', () => {
  const token = mint({ teams: [{ name: 'red' }], since: '2026-11-24T00:00:00Z' })

  test('F6 claims are frozen through and through', async () => {
    const jwt = verifier()
    const { teams } = (await call(jwt, token)) as { teams?: { name: string }[] }
    const changes = [
      () => Object.assign(teams?.[0] ?? {}, { name: 'blue' }),
      () => teams?.push({ name: 'blue' }),
      async () => Object.assign(await call(jwt, token), { sub: 'bob' }),
    ]
    for (const change of changes) await expect(async () => change()).rejects.toThrow(TypeError)
    expect(await call(jwt, token)).toMatchObject({ sub: 'ann', teams: [{ name: 'red' }] })
  })

  const date = z.string().transform((text) => new Date(text))

  test.each<[string, z.ZodType<{ since: Date | Date[] }, { since: string }>]>([
    ['dates', z.object({ since: date })],
    ['dates that are frozen, which changes nothing', z.object({ since: date.readonly() })],
    ['dates in lists', z.object({ since: date.transform((since) => [since]) })],
  ])('F6 where a schema makes %s, each call has its own, within a request too', async (_what, claims) => {
    const jwt = createJwtVerifier({ passphrase: PASSPHRASE, claims })
    const ctx = contextWith(jwt, token)
    for (const of of [ctx, ctx, contextWith(jwt, token)]) {
      const since = [(await callBehind(jwt.protectedProcedure, of)).since].flat()[0]
      expect(since?.getUTCFullYear()).toBe(2026)
      since?.setUTCFullYear(1999)
    }
  })

  test('F6 where a schema keeps what it was given, each call has its own of that too', async () => {
    class Teams {
      readonly list: { name: string }[]
      constructor(list: { name: string }[]) {
        this.list = list
      }
    }
    const claims = z.object({ teams: z.custom<{ name: string }[]>(Array.isArray).transform((list) => new Teams(list)) })
    const jwt = createJwtVerifier({ passphrase: PASSPHRASE, claims })
    const ctx = contextWith(jwt, token)
    for (const of of [ctx, ctx, contextWith(jwt, token)]) {
      const { teams } = await callBehind(jwt.protectedProcedure, of)
      expect(teams.list).toEqual([{ name: 'red' }])
      Object.assign(teams.list[0] ?? {}, { name: 'blue' })
    }
  })
})

describe('F7 removing a key ends its entries', () => {
  test('F7 a passphrase left out of the next instance opens nothing there, what was remembered included', async () => {
    const before = verifier({ passphrase: [OTHER_PASSPHRASE, PASSPHRASE] })
    const token = mint()
    await call(before, token)
    const after = verifier({ passphrase: OTHER_PASSPHRASE })
    expect(await refusalOf(call(after, token))).toEqual(invalid('bad_signature'))
  })
})
