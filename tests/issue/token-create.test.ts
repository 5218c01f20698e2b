import type { StandardSchemaV1 } from '@standard-schema/spec'
import { createJwtTrivial, type IssuedToken, type JwtTrivialOptions } from 'trpc-jwt-trivial'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, test } from 'vitest'

import { call } from '../support/call.ts'
import { PASSPHRASE } from '../support/mint.ts'
import { createSigner } from '../support/signer.ts'

const NOW = 1_800_000_000
const clock = () => new Date(NOW * 1000 + 999)

type Options = Omit<JwtTrivialOptions, 'authorise' | 'claims'> & { claims?: StandardSchemaV1<object, unknown> }

/** Signs in where `authorise` answers `answer`, whatever the types say. */
function signIn(answer: unknown, options: Options = {}): Promise<IssuedToken> {
  const jwt = createJwtTrivial({ passphrase: PASSPHRASE, clock, ...options, authorise: () => answer as false })
  return jwt.tokenRouter.createCaller({ bearer: { status: 'missing' } }).create()
}

const payloadOf = async (issued: Promise<IssuedToken>) => decodeJwt((await issued).token)

describe('token.create', () => {
  test('carries what authorise answered, and nothing of the app beside it', async () => {
    const { jti, ...claims } = await payloadOf(
      signIn({ sub: 'ann', scope: ['a', 'b'], role: 'reader', deep: { list: [1, null] } }),
    )
    expect(claims).toEqual({
      sub: 'ann',
      scope: ['a', 'b'],
      role: 'reader',
      deep: { list: [1, null] },
      iat: NOW,
      exp: NOW + 900,
      auth_time: NOW,
    })
    expect(jti).toBeTypeOf('string')
  })

  test('carries issuer, audience and subject as configured', async () => {
    expect(await payloadOf(signIn(true, { issuer: 'i', audience: 'a', subject: 's' }))).toMatchObject({
      iss: 'i',
      aud: 'a',
      sub: 's',
    })
    expect(await payloadOf(signIn(true, { audience: ['a', 'b'] }))).toMatchObject({ aud: ['a', 'b'] })
  })

  test('names its kind and algorithm in the header, and no more', async () => {
    const { token } = await signIn(true, { algorithm: 'HS384' })
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS384', typ: 'at+jwt' })
  })

  test('names the key in the header where it has a name', async () => {
    const { privateJwk } = await createSigner('2026')
    const jwt = createJwtTrivial({ privateKey: privateJwk, authorise: () => true })
    const header = decodeProtectedHeader(await jwt.createAccessToken({}))
    expect(header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: '2026' })
  })

  test('lives as long as expiresIn says', async () => {
    expect((await signIn(true, { expiresIn: '2h' })).expiresIn).toBe(7200)
    expect(await payloadOf(signIn(true, { expiresIn: 1 }))).toMatchObject({ exp: NOW + 1 })
  })

  test("issues a token without exp where 'never' is written, and accepts it", async () => {
    const options = { passphrase: PASSPHRASE, clock, expiresIn: 'never', authorise: () => true } as const
    const { token, expiresIn } = await signIn(true, options)
    expect(expiresIn).toBeNull()
    expect(decodeJwt(token)).not.toHaveProperty('exp')
    expect(await call(createJwtTrivial(options), token)).toMatchObject({ iat: NOW })
  })
})

test('jti is 128 bits, and another in each token', async () => {
  const [one, other] = [await payloadOf(signIn(true)), await payloadOf(signIn(true))]
  expect(Buffer.from(String(one.jti), 'base64url')).toHaveLength(16)
  expect(one.jti).toHaveLength(22)
  expect(one.jti).not.toBe(other.jti)
})
