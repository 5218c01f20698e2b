import { createJwtVerifier, type JwtVerifierOptions } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { call, invalid, refusal } from '../support/call.ts'
import { mint, mintText, PASSPHRASE } from '../support/mint.ts'

const NOW = 1_800_000_000
const clock = () => new Date(NOW * 1000)
const verifier = (options: JwtVerifierOptions = {}) => createJwtVerifier({ passphrase: PASSPHRASE, clock, ...options })
const jwt = verifier()

/** Signs claims given as JSON text, for values that JSON.stringify does not write. */
const mintClaims = (members: string) => mintText('{"alg":"HS256"}', `{${members}}`)

const expired = { reason: 'expired', code: 'UNAUTHORIZED', message: 'Token expired' }

test('a token is rejected from the instant of its exp, and accepted a millisecond before', async () => {
  expect(await call(jwt, mintClaims(`"exp":${NOW + 0.001}`))).toEqual({ exp: NOW + 0.001 })
  expect(await refusal(jwt, mintClaims(`"exp":${NOW}`))).toEqual(expired)
  expect(await refusal(jwt, mintClaims(`"exp":${NOW - 1}`))).toEqual(expired)
  expect(await refusal(jwt, mintClaims('"exp":0'))).toEqual(expired)
  expect(await refusal(jwt, mintClaims('"exp":-1'))).toEqual(expired)
})

describe('exp, nbf, iat and auth_time', () => {
  test('fractions of a second are accepted', async () => {
    const dates = { exp: NOW + 0.5, nbf: NOW - 0.5, iat: NOW - 0.25, auth_time: NOW - 0.125 }
    expect(await call(jwt, mint(dates))).toEqual({ sub: 'ann', ...dates })
  })

  test('numbers with an exponent are accepted', async () => {
    expect(await call(jwt, mintClaims('"exp":19e8,"iat":1.7e9'))).toEqual({ exp: 1_900_000_000, iat: 1_700_000_000 })
  })

  test.each([
    ['a string', `"${NOW}"`],
    ['a date as a string', '"2099-01-01T00:00:00Z"'],
    ['null', 'null'],
    ['an array', `[${NOW}]`],
    ['an object', `{"valueOf":${NOW}}`],
    ['true', 'true'],
    ['an empty string', '""'],
    ['a number that overflows to Infinity', '1e999'],
    ['a number that overflows to -Infinity', '-1e999'],
    ['a number far beyond any date', '1e300'],
    ['2 to the 53', '9007199254740992'],
    ['-2 to the 53', '-9007199254740992'],
  ])('a date that is %s is rejected', async (_what, date) => {
    const exp = `"exp":${NOW + 60}`
    expect(await refusal(jwt, mintClaims(`"exp":${date}`))).toEqual(invalid('invalid_claims'))
    expect(await refusal(jwt, mintClaims(`${exp},"nbf":${date}`))).toEqual(invalid('invalid_claims'))
    expect(await refusal(jwt, mintClaims(`${exp},"iat":${date}`))).toEqual(invalid('invalid_claims'))
    expect(await refusal(jwt, mintClaims(`${exp},"auth_time":${date}`))).toEqual(invalid('invalid_claims'))
  })

  test('NaN is rejected, as it is not JSON', async () => {
    expect(await refusal(jwt, mintClaims('"exp":NaN'))).toEqual(invalid('malformed'))
  })

  test("exp is also checked with expiresIn: 'never'", async () => {
    expect(await refusal(verifier({ expiresIn: 'never' }), mintClaims('"exp":null'))).toEqual(invalid('invalid_claims'))
  })
})

test('a clockTolerance of 0 or 300 accepts an expired token for that many seconds and no longer', async () => {
  expect(await refusal(verifier({ clockTolerance: 0 }), mintClaims(`"exp":${NOW}`))).toEqual(expired)
  expect(await call(verifier({ clockTolerance: 300 }), mintClaims(`"exp":${NOW - 299}`))).toEqual({ exp: NOW - 299 })
  expect(await refusal(verifier({ clockTolerance: 300 }), mintClaims(`"exp":${NOW - 300}`))).toEqual(expired)
})
