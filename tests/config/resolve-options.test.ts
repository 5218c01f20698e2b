import { inspect } from 'node:util'

import { createJwtTrivial, createJwtVerifier } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { contextWith, callBehind, call, invalid, refusal } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'
import { messageOf } from '../support/option-errors.ts'

const trivial = (options: object) =>
  messageOf(() => createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => true, ...options }))
const verifier = (options: object) => messageOf(() => createJwtVerifier({ passphrase: PASSPHRASE, ...options }))

describe('bad values', () => {
  test('algorithm outside algorithms would refuse what it issues', () => {
    expect(trivial({ algorithm: 'HS512', algorithms: ['HS256'] })).toBe(
      'createJwtTrivial: `algorithm` must be one of `algorithms`, or issued tokens would be rejected',
    )
    expect(trivial({ algorithms: ['HS384', 'HS512'] })).toMatch(/`algorithm` must be one of `algorithms`/)
  })

  test('the algorithm of a key pair does not go with a passphrase', () => {
    const onlyHmac = '`algorithms` must be of HS256, HS384, HS512 with a `passphrase`'
    expect(trivial({ algorithm: 'RS256' })).toBe(
      'createJwtTrivial: `algorithm` RS256 needs a `privateKey`, not a `passphrase`',
    )
    expect(trivial({ algorithms: ['HS256', 'ES256'] })).toBe(`createJwtTrivial: ${onlyHmac}`)
    expect(verifier({ algorithms: ['EdDSA'] })).toBe(`createJwtVerifier: ${onlyHmac}`)
  })

  test('a name that is no algorithm is refused, above all none', () => {
    const names = ['none', 'None', 'hs256', 'HS1', '', 256, null]

    expect(names.map((name) => trivial({ algorithm: name })?.slice(0, 52))).toEqual(
      names.map(() => 'createJwtTrivial: `algorithm` must be one of HS256, '),
    )
    expect([...names.map((name) => [name]), [], 'HS256'].filter((list) => !verifier({ algorithms: list }))).toEqual([])
  })

  test('a clockTolerance outside 0 to 300 seconds is rejected', () => {
    const kinds = { '-1': -1, '300.5': 300.5, NaN: Number.NaN, Infinity, '1e+300': 1e300 }

    for (const [shown, clockTolerance] of Object.entries(kinds)) {
      const complaint = `\`clockTolerance\` must be a number of seconds from 0 to 300; got the number ${shown}`
      expect(trivial({ clockTolerance })).toBe(`createJwtTrivial: ${complaint}`)
      expect(verifier({ clockTolerance })).toBe(`createJwtVerifier: ${complaint}`)
    }
    expect(trivial({ clockTolerance: '5' })).toMatch(/; got a string$/)
    expect(trivial({ clockTolerance: null })).toMatch(/; got null$/)
    expect([0, 0.5, 300].map((clockTolerance) => trivial({ clockTolerance }))).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  test('a lifetime that is none is refused', () => {
    const bad = [
      0,
      -1,
      1.5,
      Number.NaN,
      Infinity,
      36_526 * 86_400,
      '',
      '15',
      '15 m',
      '15min',
      '-5m',
      '0s',
      '1w',
      'Never',
    ]

    expect(bad.filter((expiresIn) => trivial({ expiresIn }) === undefined)).toEqual([])
    expect(trivial({ expiresIn: 0 })).toBe(
      "createJwtTrivial: `expiresIn` must be whole seconds or a string such as '15m' (s, m, h, d), " +
        "from 1 second to 100 years; or 'never'; got the number 0",
    )
    expect(verifier({ expiresIn: '15m' })).toBe(
      "createJwtVerifier: `expiresIn` must be 'never', or left out; got a string",
    )
    expect([1, '30s', '15m', '12h', '36525d', 'never'].map((expiresIn) => trivial({ expiresIn }))).toEqual(
      Array.from({ length: 6 }),
    )
  })

  const TEXT = 'a non-empty string'
  const AUDIENCE = 'a non-empty string, or an array of them'

  test.each<[string, unknown, string]>([
    ['issuer', '', `${TEXT}; got an empty string`],
    ['issuer', /x/, `${TEXT}; got an object`],
    ['issuer', ['a'], `${TEXT}; got an array of 1`],
    ['issuer', null, `${TEXT}; got null`],
    ['subject', '', `${TEXT}; got an empty string`],
    ['subject', /x/, `${TEXT}; got an object`],
    ['subject', 7, `${TEXT}; got the number 7`],
    ['audience', '', `${AUDIENCE}; got an empty string`],
    ['audience', [], `${AUDIENCE}; got an empty array`],
    ['audience', ['a', ''], `${AUDIENCE}; got an array of 2`],
    ['audience', /x/, `${AUDIENCE}; got an object`],
    ['audience', ['a', /x/], `${AUDIENCE}; got an array of 2`],
    ['audience', [['a']], `${AUDIENCE}; got an array of 1`],
  ])(
    'audience, issuer and subject must be strings, not patterns, nested arrays or empty: %s %j',
    (name, value, must) => {
      expect(trivial({ [name]: value })).toBe(`createJwtTrivial: \`${name}\` must be ${must}`)
      expect(verifier({ [name]: value })).toBe(`createJwtVerifier: \`${name}\` must be ${must}`)
    },
  )

  test('what must be a function or a schema is checked too', () => {
    const bad = {
      authorise: 'yes',
      retfunc: {},
      clock: new Date(0),
      claims: { sub: 'string' },
      credentials: [],
      verifiedTokens: -1,
    }
    const musts = {
      authorise: 'a function that returns claims or true to issue a token, and false to refuse; got a string',
      retfunc: 'a function; got an object',
      clock: 'a function that returns a Date; got an object',
      claims: 'a Standard Schema (zod, valibot, arktype …); got an object',
      credentials: 'a Standard Schema (zod, valibot, arktype …); got an empty array',
      verifiedTokens: 'a whole number from 0 to 10000000; got the number -1',
    }

    for (const [name, value] of Object.entries(bad)) {
      const must = musts[name as keyof typeof musts]
      expect(trivial({ [name]: value })).toBe(`createJwtTrivial: \`${name}\` must be ${must}`)
    }
  })

  test('a mistake throws a TypeError when the instance is made', () => {
    expect(() => createJwtTrivial({ passphrase: PASSPHRASE, issuer: '', authorise: () => true })).toThrow(TypeError)
    expect(() => createJwtVerifier({ passphrase: 'short' })).toThrow(TypeError)
  })

  test('an error shows no value of any option, in its text, its stack or its properties', () => {
    const secret = 'tOp-s3cret'
    const options = {
      passphrase: secret,
      authorise: secret,
      issuer: [secret],
      claims: { secret },
      credentials: [secret],
    }
    const others: [string, unknown][] = [
      ['passphrase', [PASSPHRASE, secret]],
      ['passphrase', { secret }],
      ['passphrase', Buffer.from(secret)],
      ['unknown', secret],
    ]
    const errors = [...Object.entries(options), ...others].map(([name, value]) => {
      try {
        return createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => true, [name]: value })
      } catch (error) {
        return inspect(error, { showHidden: true, depth: null })
      }
    })

    expect(errors.filter((shown) => typeof shown !== 'string' || shown.includes(secret))).toEqual([])
  })
})

describe('the configuration is a copy', () => {
  test('changing lists and bytes afterwards changes nothing', async () => {
    const bytes = Buffer.from(PASSPHRASE)
    const options = {
      passphrase: [bytes],
      algorithms: ['HS256' as const],
      audience: ['app'],
      authorise: () => true as const,
    }
    const jwt = createJwtTrivial(options)
    bytes.fill('x')
    options.passphrase.push(Buffer.from('another passphrase of thirty-two bytes'))
    options.algorithms.splice(0, 1)
    options.audience[0] = 'thieves'

    await expect(call(jwt, mint({ aud: 'app' }))).resolves.toMatchObject({ sub: 'ann' })
    await expect(call(jwt, await jwt.createAccessToken({ sub: 'bob' }))).resolves.toMatchObject({ aud: 'app' })
    const another = mint({ aud: 'app' }, { passphrase: 'another passphrase of thirty-two bytes' })
    expect(await refusal(jwt, another)).toEqual(invalid('bad_signature'))
    expect(await refusal(jwt, mint({ aud: 'thieves' }))).toEqual(invalid('wrong_audience'))
    expect(await refusal(jwt, mint({ aud: 'app' }, { passphrase: 'x'.repeat(64) }))).toEqual(invalid('bad_signature'))
  })

  test('so is that of protect', async () => {
    const jwt = createJwtVerifier({ passphrase: PASSPHRASE })
    const options = { scope: ['read'], audience: ['app'] }
    const guard = jwt.protect(options)
    options.scope.push('write')
    options.audience[0] = 'thieves'

    const ctx = contextWith(jwt, mint({ aud: 'app', scope: 'read' }))
    await expect(callBehind(guard, ctx)).resolves.toMatchObject({ sub: 'ann' })
  })
})
