import * as fc from 'fast-check'
import { createJwtVerifier } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { call, callBehind, contextWith, refusalOf } from '../support/call.ts'
import { mint, mintText, PASSPHRASE } from '../support/mint.ts'

const SEED = 20_261_124
const SETTLED = ['accepted', 'refused']
const jwt = createJwtVerifier({ passphrase: PASSPHRASE, issuer: 'i', audience: 'a', clockTolerance: 5 })
const GOOD = mint({ iss: 'i', aud: 'a' })

/** Waits for a result or a rejection of the library. Any other error fails the test. */
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

/** A string with some characters replaced, dropped or inserted. */
const mutated = (text: string) =>
  fc
    .tuple(
      fc.nat(text.length - 1),
      fc.nat(3),
      fc.oneof(fc.string({ maxLength: 2 }), fc.constantFrom('.', '=', 'A', '\n')),
    )
    .map(([at, dropped, put]) => text.slice(0, at) + put + text.slice(at + dropped))

describe('createContext never throws, and a protected procedure returns its result or rejects', () => {
  test('for any header value', async () => {
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

  test('for anything that an adapter may pass', async () => {
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

  test('for any token: only the valid one is accepted', async () => {
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

  test('for any correctly signed header and payload', async () => {
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

  test('for any correctly signed claims', async () => {
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
