import { createJwtTrivial, createJwtVerifier, type JwtVerifierOptions } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { call, invalid, refusal } from '../support/call.ts'
import { mint, mintText, PASSPHRASE } from '../support/mint.ts'

const NOW = 1_800_000_000
const clock = () => new Date(NOW * 1000)
const verifier = (options: JwtVerifierOptions<{ level: unknown }, object> = {}) =>
  createJwtVerifier({ passphrase: PASSPHRASE, clock, ...options })
const jwt = verifier()

/** A token that is good but for what `claims` say. */
const good = (claims: Record<string, unknown>) => mint({ iat: NOW, exp: NOW + 60, ...claims })

/** A token of claims as JSON text, for what JSON.stringify would not write. */
const mintClaims = (members: string) => mintText('{"alg":"HS256"}', `{${members}}`)

const expired = { reason: 'expired', code: 'UNAUTHORIZED', message: 'Token expired' }

describe('D1 exp', () => {
  test('D1 is required', async () => {
    expect(await refusal(jwt, mintClaims('"sub":"ann"'))).toEqual(invalid('invalid_claims'))
  })

  test('D1 refuses on it and after it, not before it', async () => {
    expect(await call(jwt, mintClaims(`"exp":${NOW + 0.001}`))).toEqual({ exp: NOW + 0.001 })
    expect(await refusal(jwt, mintClaims(`"exp":${NOW}`))).toEqual(expired)
    expect(await refusal(jwt, mintClaims(`"exp":${NOW - 1}`))).toEqual(expired)
    expect(await refusal(jwt, mintClaims('"exp":0'))).toEqual(expired)
    expect(await refusal(jwt, mintClaims('"exp":-1'))).toEqual(expired)
  })
})

describe('D2 NumericDates', () => {
  test('D2 may have fractions', async () => {
    const dates = { exp: NOW + 0.5, nbf: NOW - 0.5, iat: NOW - 0.25, auth_time: NOW - 0.125 }
    expect(await call(jwt, mint(dates))).toEqual({ sub: 'ann', ...dates })
  })

  test('D2 may be written with an exponent', async () => {
    expect(await call(jwt, mintClaims('"exp":19e8,"iat":1.7e9'))).toEqual({ exp: 1_900_000_000, iat: 1_700_000_000 })
  })

  test.each([
    ['a text', `"${NOW}"`],
    ['a text of a date', '"2099-01-01T00:00:00Z"'],
    ['null', 'null'],
    ['a list', `[${NOW}]`],
    ['an object', `{"valueOf":${NOW}}`],
    ['true', 'true'],
    ['an empty string', '""'],
    ['a number that overflows to Infinity', '1e999'],
    ['a number that overflows to -Infinity', '-1e999'],
    ['a number far beyond time', '1e300'],
    ['2 to the 53', '9007199254740992'],
    ['-2 to the 53', '-9007199254740992'],
  ])('D2 are not %s', async (_what, date) => {
    const exp = `"exp":${NOW + 60}`
    expect(await refusal(jwt, mintClaims(`"exp":${date}`))).toEqual(invalid('invalid_claims'))
    expect(await refusal(jwt, mintClaims(`${exp},"nbf":${date}`))).toEqual(invalid('invalid_claims'))
    expect(await refusal(jwt, mintClaims(`${exp},"iat":${date}`))).toEqual(invalid('invalid_claims'))
    expect(await refusal(jwt, mintClaims(`${exp},"auth_time":${date}`))).toEqual(invalid('invalid_claims'))
  })

  test('D2 are no NaN, which is no JSON', async () => {
    expect(await refusal(jwt, mintClaims('"exp":NaN'))).toEqual(invalid('malformed'))
  })

  test("D2 are checked where expiresIn: 'never' is written too", async () => {
    expect(await refusal(verifier({ expiresIn: 'never' }), mintClaims('"exp":null'))).toEqual(invalid('invalid_claims'))
  })
})

describe('D3 nbf and iat', () => {
  test('D3 refuses before nbf', async () => {
    expect(await refusal(jwt, mint({ exp: NOW + 60, iat: NOW, nbf: NOW + 1 }))).toEqual(invalid('not_yet_valid'))
    expect(await call(jwt, mint({ exp: NOW + 60, iat: NOW, nbf: NOW }))).toMatchObject({ nbf: NOW })
  })

  test('D3 refuses an iat more than 5 seconds ahead', async () => {
    expect(await call(jwt, mint({ exp: NOW + 60, iat: NOW + 5 }))).toMatchObject({ iat: NOW + 5 })
    expect(await refusal(jwt, mint({ exp: NOW + 60, iat: NOW + 5.001 }))).toEqual(invalid('not_yet_valid'))
    expect(await refusal(jwt, mint({ exp: NOW + 1e6, iat: NOW + 86_400 }))).toEqual(invalid('not_yet_valid'))
  })
})

describe('D4 clockTolerance', () => {
  test.each<[string, unknown, string]>([
    ['negative', -1, 'the number -1'],
    ['over 300', 301, 'the number 301'],
    ['infinite', Number.POSITIVE_INFINITY, 'the number Infinity'],
    ['NaN', Number.NaN, 'the number NaN'],
    ['a text', '5', 'a text'],
    ['null', null, 'null'],
  ])('D4 that is %s is an error at construction', (_what, clockTolerance, got) => {
    const options = { passphrase: PASSPHRASE, clockTolerance: clockTolerance as number }
    const problem = `\`clockTolerance\` must be a number of seconds from 0 to 300; got ${got}`
    expect(() => createJwtVerifier(options)).toThrow(new TypeError(`createJwtVerifier: ${problem}`))
    expect(() => createJwtTrivial({ ...options, authorise: () => true })).toThrow(
      new TypeError(`createJwtTrivial: ${problem}`),
    )
  })

  test('D4 of 0 and of 300 does what it says', async () => {
    expect(await refusal(verifier({ clockTolerance: 0 }), mintClaims(`"exp":${NOW}`))).toEqual(expired)
    expect(await call(verifier({ clockTolerance: 300 }), mintClaims(`"exp":${NOW - 299}`))).toEqual({ exp: NOW - 299 })
    expect(await refusal(verifier({ clockTolerance: 300 }), mintClaims(`"exp":${NOW - 300}`))).toEqual(expired)
  })
})

describe('D5 iss', () => {
  const issued = verifier({ issuer: 'https://issuer.example' })

  test.each<[string, unknown]>([
    ['absent', undefined],
    ['another', 'https://attacker.example'],
    ['longer', 'https://issuer.example.attacker.example'],
    ['shorter', 'https://issuer'],
    ['with a slash behind', 'https://issuer.example/'],
    ['in another case', 'https://ISSUER.example'],
    ['with a blank', 'https://issuer.example '],
    ['a list', ['https://issuer.example']],
    ['a list with others', ['https://attacker.example', 'https://issuer.example']],
    ['an object', { toString: 'https://issuer.example' }],
    ['null', null],
    ['empty', ''],
  ])('D5 is refused where it is %s', async (_what, iss) => {
    expect(await refusal(issued, good({ iss }))).toEqual(invalid('wrong_issuer'))
  })

  test('D5 is accepted where it is exact', async () => {
    expect(await call(issued, good({ iss: 'https://issuer.example' }))).toMatchObject({ iss: 'https://issuer.example' })
  })

  test('D5 must be a text also where none is configured', async () => {
    expect(await refusal(jwt, good({ iss: ['i'] }))).toEqual(invalid('invalid_claims'))
  })
})

describe('D6 aud', () => {
  const meant = verifier({ audience: ['api', 'jobs'] })

  test.each<[string, unknown]>([
    ['absent', undefined],
    ['another', 'mail'],
    ['longer', 'api.example'],
    ['shorter', 'ap'],
    ['in another case', 'API'],
    ['both in one text', 'api jobs'],
    ['an empty array', []],
    ['a list of others', ['mail', 'API']],
    ['a list in a list', [['api']]],
    ['a list with what is no text', ['api', 1]],
    ['a list with null', ['api', null]],
    ['an object', { 0: 'api', length: 1 }],
    ['null', null],
    ['true', true],
    ['empty', ''],
  ])('D6 is refused where it is %s', async (_what, aud) => {
    expect(await refusal(meant, good({ aud }))).toEqual(invalid('wrong_audience'))
  })

  test('D6 is accepted as a text or in a list', async () => {
    expect(await call(meant, good({ aud: 'jobs' }))).toMatchObject({ aud: 'jobs' })
    expect(await call(meant, good({ aud: ['mail', 'api'] }))).toMatchObject({ aud: ['mail', 'api'] })
  })

  test.each<[string, unknown]>([
    ['a text', 'api'],
    ['empty', ''],
    ['an empty array', []],
    ['null', null],
  ])('D6 is refused where none is configured and it is %s', async (_what, aud) => {
    expect(await refusal(jwt, good({ aud }))).toEqual(invalid('wrong_audience'))
  })
})

describe('D7 recipients are texts', () => {
  const AUDIENCE = 'a non-empty string, or an array of them'
  const TEXT = 'a non-empty string'
  test.each<[string, object, string]>([
    ['issuer', { issuer: /i/ }, `\`issuer\` must be ${TEXT}; got an object`],
    ['subject', { subject: /ann/ }, `\`subject\` must be ${TEXT}; got an object`],
    ['audience', { audience: /api/ }, `\`audience\` must be ${AUDIENCE}; got an object`],
    ['audience in a list', { audience: ['api', /jobs/] }, `\`audience\` must be ${AUDIENCE}; got an array of 2`],
    ['issuer in a list', { issuer: ['i'] }, `\`issuer\` must be ${TEXT}; got an array of 1`],
    ['empty issuer', { issuer: '' }, `\`issuer\` must be ${TEXT}; got an empty string`],
    ['empty list of audiences', { audience: [] }, `\`audience\` must be ${AUDIENCE}; got an empty array`],
  ])('D7 refuses a regular expression and the like at construction: %s', (_what, options, problem) => {
    expect(() => verifier(options)).toThrow(new TypeError(`createJwtVerifier: ${problem}`))
  })

  test('D7 takes what looks like a pattern letter by letter', async () => {
    const pattern = verifier({ issuer: '.*', audience: '.*' })
    expect(await call(pattern, good({ iss: '.*', aud: '.*' }))).toMatchObject({ iss: '.*' })
    expect(await refusal(pattern, good({ iss: 'any', aud: '.*' }))).toEqual(invalid('wrong_issuer'))
    expect(await refusal(pattern, good({ iss: '.*', aud: 'any' }))).toEqual(invalid('wrong_audience'))
  })
})

describe('D8 sub, jti, sid', () => {
  test.each<[string, unknown]>([
    ['a number', 1],
    ['null', null],
    ['a list', ['ann']],
    ['an object', { id: 'ann' }],
    ['true', true],
  ])('D8 must not be %s', async (_what, value) => {
    expect(await refusal(jwt, good({ sub: value }))).toEqual(invalid('invalid_claims'))
    expect(await refusal(jwt, good({ jti: value }))).toEqual(invalid('invalid_claims'))
    expect(await refusal(jwt, good({ sid: value }))).toEqual(invalid('invalid_claims'))
  })
})

describe('D9 the claims schema', () => {
  test('D9 gets claims as they are: the library coerces nothing', async () => {
    const strict = verifier({ claims: z.object({ level: z.number() }) })
    expect(await call(strict, good({ level: 1 }))).toMatchObject({ level: 1 })
    expect(await refusal(strict, good({ level: '1' }))).toEqual(invalid('invalid_claims'))
    expect(await refusal(strict, good({ level: [1] }))).toEqual(invalid('invalid_claims'))
    expect(await refusal(strict, good({ level: null }))).toEqual(invalid('invalid_claims'))
  })

  test('D9 may coerce by itself', async () => {
    const lenient = verifier({ claims: z.object({ level: z.coerce.number() }) })
    expect(await call(lenient, good({ level: '1' }))).toMatchObject({ level: 1 })
  })
})
