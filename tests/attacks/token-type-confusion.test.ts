import { readdirSync, readFileSync } from 'node:fs'

import { createJwtTrivial } from 'trpc-jwt-trivial'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, test } from 'vitest'

import { call, invalid, refusal } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'
import { sourceFiles } from '../support/source-files.ts'

const jwt = createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => true })

describe('E2 typ', () => {
  test.each([
    'JWT',
    'jwt',
    'Jwt',
    'at+jwt',
    'AT+JWT',
    'application/jwt',
    'APPLICATION/JWT',
    'application/at+jwt',
    'Application/At+Jwt',
  ])('E2 is accepted without regard to case, with or without application/: %s', async (typ) => {
    expect(await call(jwt, mint({}, { header: { typ } }))).toMatchObject({ sub: 'ann' })
  })

  test.each([
    'rt+jwt',
    'RT+JWT',
    'application/rt+jwt',
    'id+jwt',
    'dpop+jwt',
    'logout+jwt',
    'secevent+jwt',
    'JWE',
    'JOSE',
    'at+at+jwt',
    'application/application/jwt',
    'at+jwt;v=1',
    ' at+jwt',
    'at+jwt\n',
    'at jwt',
  ])('E2 is refused where it is another kind: %j', async (typ) => {
    expect(await refusal(jwt, mint({}, { header: { typ } }))).toEqual(invalid('wrong_type'))
  })
})

describe('E3 issued tokens', () => {
  test('E3 carry exp, iat and a jti of 128 bits', async () => {
    const before = Math.floor(Date.now() / 1000)
    const { iat = 0, exp = 0, jti = '' } = decodeJwt(await jwt.createAccessToken({}))
    expect(iat).toBeGreaterThanOrEqual(before)
    expect(iat).toBeLessThanOrEqual(Date.now() / 1000)
    expect(exp - iat).toBe(900)
    expect(Buffer.from(jti, 'base64url')).toHaveLength(16)
  })

  test('E3 have 10,000 distinct jti, none of whose bits stands still', async () => {
    const tokens = await Promise.all(Array.from({ length: 10_000 }, () => jwt.createAccessToken({})))
    const ids = tokens.map((token) => Buffer.from(String(decodeJwt(token).jti), 'base64url'))
    expect(new Set(ids.map((id) => id.toString('hex'))).size).toBe(10_000)
    const all = Buffer.alloc(16)
    const common = Buffer.alloc(16, 0xff)
    for (const id of ids) {
      for (const [i, byte] of id.entries()) {
        all[i] = Number(all[i]) | byte
        common[i] = Number(common[i]) & byte
      }
    }
    expect(all).toEqual(Buffer.alloc(16, 0xff))
    expect(common).toEqual(Buffer.alloc(16, 0))
  })
})

describe('E4 the app’s claims', () => {
  test.each(['iss', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sid', 'auth_time'])('E4 cannot overwrite %s', async (name) => {
    const error = new TypeError(`The claims of a token must not set \`${name}\`, which the library writes.`)
    await expect(jwt.createAccessToken({ [name]: 'x' })).rejects.toThrow(error)
    await expect(jwt.createAccessToken({ [name]: undefined })).rejects.toThrow(error)
  })

  test('E4 cannot write the header', async () => {
    const token = await jwt.createAccessToken({ alg: 'none', typ: 'rt+jwt', kid: 'k' })
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', typ: 'at+jwt' })
  })

  test('E4 cannot set them by way of a prototype', async () => {
    const claims = JSON.parse('{"__proto__":{"exp":9999999999,"sid":"other"}}') as { sub?: string }
    const payload = decodeJwt(await jwt.createAccessToken(claims))
    expect(Number(payload.exp) - Number(payload.iat)).toBe(900)
    expect(payload['sid']).toBeUndefined()
  })
})

test('E7 nothing here calls HMAC tokens RFC 9068 conformant', () => {
  const root = new URL('../../', import.meta.url)
  const named = readdirSync(root).filter((name) => name.endsWith('.md') || name === 'package.json')
  const pages = named.map((path) => ({ path, text: readFileSync(new URL(path, root), 'utf8') }))
  const sources = sourceFiles()
  const boasts = [...pages, ...sources].filter(({ text }) =>
    /RFC 9068[- ](?:conform|complian)|(?:conforms?|complies|compliant|conformant) (?:to|with) RFC 9068/i.test(text),
  )
  expect(sources.map(({ path }) => path)).toContain('src/issue/sign-token.ts')
  expect(boasts).toEqual([])
})
