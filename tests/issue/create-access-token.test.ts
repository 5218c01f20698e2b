import { createJwtTrivial, createJwtVerifier, type AccessTokenOptions } from 'trpc-jwt-trivial'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, test } from 'vitest'

import { call, invalid, refusal } from '../support/call.ts'
import { PASSPHRASE } from '../support/mint.ts'

const NOW = 1_800_000_000
const clock = () => new Date(NOW * 1000)
const jwt = createJwtTrivial({ passphrase: PASSPHRASE, clock, issuer: 'i', audience: 'a', authorise: () => true })
const plain = createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => true })

test('createAccessToken signs claims that the instance accepts', async () => {
  const token = await jwt.createAccessToken({ sub: 'ann', role: 'reader' })
  expect(await call(jwt, token)).toMatchObject({ sub: 'ann', role: 'reader', iss: 'i', aud: 'a', exp: NOW + 900 })
})

test('createAccessToken takes whatever JSON can say, also without a prototype', async () => {
  const json = { yes: true, no: false, none: null, n: 1, list: [''] }
  const claims = Object.assign(Object.create(null) as object, json)
  expect(decodeJwt(await jwt.createAccessToken(claims as never))).toMatchObject(json)
})

test('createAccessToken refuses what JSON would change, however deep and hidden', async () => {
  const hidden = Object.defineProperty({}, 'toJSON', { value: () => undefined })
  for (const odd of [{ fine: 1, bad: Number.NaN }, [1, Number.NaN], hidden]) {
    await expect(jwt.createAccessToken({ odd })).rejects.toThrow('have a `odd` that JSON cannot represent')
  }
})

test('createAccessToken refuses what is no object of claims', async () => {
  for (const odd of [undefined, null, 'text', []]) {
    await expect(jwt.createAccessToken(odd as never)).rejects.toThrow('The claims of a token must be a plain object.')
  }
})

test('createAccessToken writes iat, exp and a jti of 128 bits', async () => {
  const before = Math.floor(Date.now() / 1000)
  const { iat = 0, exp = 0, jti = '' } = decodeJwt(await plain.createAccessToken({}))
  expect(iat).toBeGreaterThanOrEqual(before)
  expect(iat).toBeLessThanOrEqual(Date.now() / 1000)
  expect(exp - iat).toBe(900)
  expect(Buffer.from(jti, 'base64url')).toHaveLength(16)
})

test('claims named alg, typ and kid do not change the header', async () => {
  const token = await plain.createAccessToken({ alg: 'none', typ: 'rt+jwt', kid: 'k' })
  expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', typ: 'at+jwt' })
})

test('a __proto__ member sets no claim that the library writes', async () => {
  const claims = JSON.parse('{"__proto__":{"exp":9999999999,"sid":"other"}}') as { sub?: string }
  const payload = decodeJwt(await plain.createAccessToken(claims))
  expect(Number(payload.exp) - Number(payload.iat)).toBe(900)
  expect(payload['sid']).toBeUndefined()
})

describe('its options replace the instance’s for one token', () => {
  test('expiresIn', async () => {
    expect(decodeJwt(await jwt.createAccessToken({}, { expiresIn: '1h' }))).toMatchObject({ exp: NOW + 3600 })
    expect(decodeJwt(await jwt.createAccessToken({}, { expiresIn: 5 }))).toMatchObject({ exp: NOW + 5 })
  })

  test('audience: the instance itself then refuses the token, the audience takes it', async () => {
    const token = await jwt.createAccessToken({ sub: 'ann' }, { audience: 'other' })
    expect(await refusal(jwt, token)).toEqual(invalid('wrong_audience'))
    const other = createJwtVerifier({ passphrase: PASSPHRASE, clock, audience: 'other' })
    expect(await call(other, token)).toMatchObject({ sub: 'ann', aud: 'other' })
  })

  test('issuer and subject', async () => {
    const token = await jwt.createAccessToken({}, { issuer: 'other', subject: 'bob' })
    expect(decodeJwt(token)).toMatchObject({ iss: 'other', sub: 'bob' })
  })

  test('and leave the next token as it was', async () => {
    await jwt.createAccessToken({}, { issuer: 'other', audience: ['x', 'y'], expiresIn: 5 })
    expect(decodeJwt(await jwt.createAccessToken({}))).toMatchObject({ iss: 'i', aud: 'a', exp: NOW + 900 })
  })
})

describe('createAccessToken throws', () => {
  test.each(['iss', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sid', 'auth_time'])(
    'if a claim is %s, which the library writes',
    async (name) => {
      const error = new TypeError(`The claims of a token must not set \`${name}\`, which the library writes.`)
      await expect(plain.createAccessToken({ [name]: 'x' })).rejects.toThrow(error)
      await expect(plain.createAccessToken({ [name]: undefined })).rejects.toThrow(error)
    },
  )

  test('for a sub unlike its subject option', async () => {
    await expect(jwt.createAccessToken({ sub: 'ann' }, { subject: 'bob' })).rejects.toThrow(
      new TypeError('The claims of a token have a `sub` that differs from the expected `subject`.'),
    )
  })

  test.each([
    ['a lifetime of nothing', { expiresIn: 0 }, 'expiresIn'],
    ['a lifetime that is never over', { expiresIn: 'never' }, 'expiresIn'],
    ['a lifetime in words', { expiresIn: '5 minutes' }, 'expiresIn'],
    ['an empty audience', { audience: '' }, 'audience'],
    ['a list of no audience', { audience: [] }, 'audience'],
    ['an issuer that is no text', { issuer: 1 }, 'issuer'],
    ['an empty subject', { subject: '' }, 'subject'],
  ])('for %s', async (_what, options, name) => {
    await expect(jwt.createAccessToken({}, options as AccessTokenOptions)).rejects.toThrow(
      new RegExp(`^createAccessToken: \`${name}\` must be `),
    )
  })
})
