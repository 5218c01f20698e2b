import * as fc from 'fast-check'
import {
  createJwtTrivial,
  createJwtVerifier,
  type Duration,
  type HmacAlgorithm,
  type Passphrase,
} from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { call, callBehind, contextWith, refusalOf } from '../support/call.ts'
import { mint, mintText, PASSPHRASE } from '../support/mint.ts'

const SEED = 20_261_124
const SETTLED = ['accepted', 'refused']
const jwt = createJwtVerifier({ passphrase: PASSPHRASE, issuer: 'i', audience: 'a', clockTolerance: 5 })
const GOOD = mint({ iss: 'i', aud: 'a' })

/** Ends in a result or in a rejection of ours: what else is thrown fails the test. */
async function settle(attempt: Promise<unknown>): Promise<'accepted' | 'refused'> {
  const accepted = await attempt.then(
    () => true,
    () => false,
  )
  if (!accepted) await refusalOf(attempt)
  return accepted ? 'accepted' : 'refused'
}

const headerText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc
    .tuple(fc.constantFrom('Bearer', 'bearer', 'BEARER', 'Basic', ''), fc.string(), fc.string())
    .map((parts) => parts.join(' ')),
  fc
    .tuple(fc.constantFrom('', ' ', ',', '\t', 'Bearer '), fc.constant(GOOD))
    .map(([front, token]) => `Bearer ${front}${token}`),
)

/** A text with some letters of it replaced, dropped or doubled. */
const mutated = (text: string) =>
  fc
    .tuple(
      fc.nat(text.length - 1),
      fc.nat(3),
      fc.oneof(fc.string({ maxLength: 2 }), fc.constantFrom('.', '=', 'A', '\n')),
    )
    .map(([at, dropped, put]) => text.slice(0, at) + put + text.slice(at + dropped))

describe('createContext never throws, and a protected procedure answers its result or a rejection', () => {
  test('for any header text', async () => {
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(headerText, async (authorization) => {
        const ctx = jwt.createContext({ req: { headers: { authorization } } })
        expect(['missing', 'malformed', 'present']).toContain(ctx.bearer.status)
        seen.add(await settle(callBehind(jwt.protectedProcedure, ctx)))
      }),
      { seed: SEED, numRuns: 500 },
    )
    expect(seen).toEqual(new Set(['accepted', 'refused']))
  })

  test('for anything an adapter might hand over', async () => {
    const anything = fc.anything({
      withNullPrototype: true,
      withBigInt: true,
      withDate: true,
      withTypedArray: true,
      withMap: true,
    })
    const headers = fc.oneof(
      anything,
      fc.record({ authorization: anything, Authorization: anything }, { requiredKeys: [] }),
    )
    const request = fc.record(
      { headers, multiValueHeaders: headers, rawHeaders: anything, raw: anything },
      { requiredKeys: [] },
    )
    const info = fc.record(
      { connectionParams: headers, url: fc.constantFrom(null, undefined, 'u') },
      { requiredKeys: [] },
    )
    const opts = fc.oneof(
      anything,
      request,
      fc.record({ req: request, info }, { requiredKeys: [] }),
      fc.record({ event: request, info: anything }, { requiredKeys: [] }),
    )
    await fc.assert(
      fc.asyncProperty(opts, async (given) => {
        expect(SETTLED).toContain(await settle(callBehind(jwt.protectedProcedure, jwt.createContext(given))))
      }),
      { seed: SEED, numRuns: 1000 },
    )
  })

  test('for any token text: none but the good one is accepted', async () => {
    const token = fc.oneof(
      mutated(GOOD),
      fc.string({ unit: 'binary' }),
      fc.array(fc.base64String()).map((parts) => parts.join('.')),
    )
    await fc.assert(
      fc.asyncProperty(token, async (text) => {
        expect(await settle(call(jwt, text))).toBe(text === GOOD ? 'accepted' : 'refused')
        expect(await settle(jwt.verify(text))).toBe(text === GOOD ? 'accepted' : 'refused')
      }),
      { seed: SEED, numRuns: 500 },
    )
  })

  test('for any header and payload text under a right MAC', async () => {
    const header = fc.oneof(
      fc.json(),
      mutated('{"alg":"HS256"}'),
      fc
        .tuple(fc.constantFrom('alg', 'typ', 'kid', 'crit', 'b64', 'x'), fc.json())
        .map(([name, value]) => `{"alg":"HS256","${name}":${value}}`),
    )
    const payload = fc.oneof(fc.json(), mutated('{"exp":9999999999,"iss":"i","aud":"a"}'))
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(header, payload, async (head, body) => {
        seen.add(await settle(call(jwt, mintText(head, body))))
      }),
      { seed: SEED, numRuns: 1000 },
    )
    expect(seen).toEqual(new Set(['accepted', 'refused']))
  })

  test('for any claims under a right MAC', async () => {
    const name = fc.oneof(
      fc.constantFrom('exp', 'nbf', 'iat', 'iss', 'aud', 'sub', 'jti', 'sid', 'auth_time', 'scope', '__proto__'),
      fc.string(),
    )
    const guard = jwt.protect({ scope: 'read', maxAge: '5m' })
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, fc.jsonValue()), async (claims) => {
        const token = mint({ iss: 'i', aud: 'a', ...claims })
        expect(SETTLED).toContain(await settle(call(jwt, token)))
        expect(SETTLED).toContain(await settle(callBehind(guard, contextWith(jwt, token))))
      }),
      { seed: SEED, numRuns: 500 },
    )
  })
})

const distinct = (least: number) => (letters: Iterable<unknown>) => new Set(letters).size >= least
const passphraseText = fc
  .string({ unit: 'grapheme', minLength: 64, maxLength: 80 })
  .map((text) => text.trim())
  .filter((text) => text.length >= 64 && !/\p{Cc}/u.test(text) && distinct(10)(text))
const passphrase: fc.Arbitrary<Passphrase> = fc.oneof(
  passphraseText,
  fc.uint8Array({ minLength: 64, maxLength: 96 }).filter(distinct(10)),
)
const name = fc.string({ minLength: 1, maxLength: 20 })
const algorithm = fc.constantFrom<HmacAlgorithm>('HS256', 'HS384', 'HS512')
const RESERVED = ['iss', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sid', 'auth_time']

const options = fc.record(
  {
    passphrase: fc.oneof(passphrase, fc.array(passphrase, { minLength: 1, maxLength: 3 })),
    algorithm,
    audience: fc.oneof(name, fc.array(name, { minLength: 1, maxLength: 3 })),
    issuer: name,
    subject: name,
    expiresIn: fc.oneof(
      fc.integer({ min: 1, max: 1e9 }),
      fc.constantFrom<Duration | 'never'>('1s', '15m', '12h', '30d', 'never'),
    ),
    clockTolerance: fc.double({ min: 0, max: 300, noNaN: true }),
  },
  { requiredKeys: ['passphrase'] },
)

/** Claims as an app may give them: JSON, none of the library's names, `sub` a text. */
const ownClaims = fc
  .tuple(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 5 }), fc.option(name, { nil: undefined }))
  .map(([{ sub: _sub, ...claims }, sub]) => (sub === undefined ? claims : { ...claims, sub }))
  .filter((claims) => !RESERVED.some((reserved) => reserved in claims) && JSON.stringify(claims).length < 4000)

describe('whatever an instance issues, it accepts', () => {
  test('under any options, with any claims', async () => {
    await fc.assert(
      fc.asyncProperty(
        options,
        ownClaims,
        fc.date({ min: new Date(0), noInvalidDate: true }),
        async (given, claims, now) => {
          const clock = () => now
          const instance = createJwtTrivial({ ...given, clock, authorise: () => true })
          const sub = given.subject ?? claims['sub']
          const token = await instance.createAccessToken({ ...claims, sub } as { sub: string })
          const { iss, aud, exp, iat, auth_time, jti, ...own } = await call(instance, token)
          expect(JSON.stringify(own)).toBe(JSON.stringify({ ...claims, sub }))
          expect({ iss, aud: [aud].flat() }).toEqual({ iss: given.issuer, aud: [given.audience].flat() })
          expect([iat, auth_time]).toEqual([Math.floor(now.getTime() / 1000), iat])
          expect(exp === undefined).toBe(given.expiresIn === 'never')
          expect(jti).toHaveLength(22)
        },
      ),
      { seed: SEED, numRuns: 300 },
    )
  })

  test('by token.create, and with a claims schema that transforms', async () => {
    const claims = z.object({ level: z.number().transform(String), tags: z.array(z.string()).default([]) })
    const answer = fc.record(
      { level: fc.integer(), tags: fc.array(fc.string(), { maxLength: 5 }) },
      { requiredKeys: ['level'] },
    )
    await fc.assert(
      fc.asyncProperty(options, answer, async (given, authorised) => {
        const now = new Date() // stands still: a token of one second may end within the call that follows
        const instance = createJwtTrivial({ ...given, claims, clock: () => now, authorise: () => authorised })
        const { token } = await instance.tokenRouter.createCaller(instance.createContext()).create()
        const { level, tags } = await call(instance, token)
        expect({ level, tags }).toEqual({ level: String(authorised.level), tags: authorised.tags ?? [] })
      }),
      { seed: SEED, numRuns: 200 },
    )
  })

  test('as long as its passphrase stays in the list, wherever', async () => {
    await fc.assert(
      fc.asyncProperty(
        passphrase,
        fc.array(passphrase, { maxLength: 2 }),
        fc.array(passphrase, { maxLength: 2 }),
        async (own, before, behind) => {
          const token = await createJwtTrivial({ passphrase: own, authorise: () => true }).createAccessToken({})
          expect(await settle(call(createJwtVerifier({ passphrase: [...before, own, ...behind] }), token))).toBe(
            'accepted',
          )
          expect(await settle(call(createJwtVerifier({ passphrase: [PASSPHRASE, ...before] }), token))).toBe('refused')
        },
      ),
      { seed: SEED, numRuns: 100 },
    )
  })
})
