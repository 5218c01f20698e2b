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

import { call, invalid, refusal } from '../support/call.ts'
import { PASSPHRASE } from '../support/mint.ts'

const SEED = 20_261_124

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

/** Claims as an app may give them: JSON without the names that the library writes, `sub` a string. */
const ownClaims = fc
  .tuple(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 5 }), fc.option(name, { nil: undefined }))
  .map(([{ sub: _sub, ...claims }, sub]) => (sub === undefined ? claims : { ...claims, sub }))
  .filter((claims) => !RESERVED.some((reserved) => reserved in claims) && JSON.stringify(claims).length < 4000)

describe('an instance accepts every token that it issues', () => {
  test('with any options and any claims', async () => {
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

  test('from token.create, with a claims schema that transforms', async () => {
    const claims = z.object({ level: z.number().transform(String), tags: z.array(z.string()).default([]) })
    const answer = fc.record(
      { level: fc.integer(), tags: fc.array(fc.string(), { maxLength: 5 }) },
      { requiredKeys: ['level'] },
    )
    await fc.assert(
      fc.asyncProperty(options, answer, async (given, authorised) => {
        const now = new Date() // does not advance: a token of one second could expire before the next call
        const instance = createJwtTrivial({ ...given, claims, clock: () => now, authorise: () => authorised })
        const { token } = await instance.tokenRouter.createCaller(instance.createContext()).create()
        const { level, tags } = await call(instance, token)
        expect({ level, tags }).toEqual({ level: String(authorised.level), tags: authorised.tags ?? [] })
      }),
      { seed: SEED, numRuns: 200 },
    )
  })

  test('if its passphrase is anywhere in the list, and rejects it otherwise', async () => {
    await fc.assert(
      fc.asyncProperty(
        passphrase,
        fc.array(passphrase, { maxLength: 2 }),
        fc.array(passphrase, { maxLength: 2 }),
        async (own, before, behind) => {
          const token = await createJwtTrivial({ passphrase: own, authorise: () => true }).createAccessToken({})
          expect(await call(createJwtVerifier({ passphrase: [...before, own, ...behind] }), token)).toHaveProperty(
            'jti',
          )
          expect(await refusal(createJwtVerifier({ passphrase: [PASSPHRASE, ...before] }), token)).toEqual(
            invalid('bad_signature'),
          )
        },
      ),
      { seed: SEED, numRuns: 100 },
    )
  })
})
