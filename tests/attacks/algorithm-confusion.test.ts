import { createPublicKey } from 'node:crypto'

import { createJwtTrivial, createJwtVerifier } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { call, invalid, refusal } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'
import { messageOf } from '../support/option-errors.ts'
import { AUDIENCE, createSigner, ISSUER } from '../support/signer.ts'

const jwt = createJwtVerifier({ passphrase: PASSPHRASE })
const [ann, rsa] = await Promise.all([createSigner('ann'), createSigner('rsa', 'RS256')])

describe('the algorithms are those of the configuration, not those of the token', () => {
  test('a correctly signed token with an algorithm that is not configured is rejected', async () => {
    const only = createJwtVerifier({ passphrase: PASSPHRASE, algorithms: ['HS256'] })
    expect(await call(only, mint())).toMatchObject({ sub: 'ann' })
    expect(await refusal(only, mint({}, { header: { alg: 'HS384' } }))).toEqual(invalid('malformed'))
    expect(await refusal(only, mint({}, { header: { alg: 'HS512' } }))).toEqual(invalid('malformed'))
  })

  test('a token whose header names another algorithm than its signature uses is rejected', async () => {
    const [, payload, signature] = mint().split('.')
    const header = Buffer.from('{"alg":"HS512"}').toString('base64url')
    expect(await refusal(jwt, `${header}.${payload}.${signature}`)).toEqual(invalid('bad_signature'))
  })

  test.each<[string, unknown]>([
    ['an algorithm of key pairs', 'RS256'],
    ['in another letter case', 'hs256'],
    ['absent', undefined],
    ['null', null],
    ['an array', ['HS256']],
    ['an object', { toString: 'HS256' }],
    ['the name of an inherited property', 'constructor'],
    ['followed by a space', 'HS256 '],
    ['an encryption algorithm', 'A256GCMKW'],
  ])('a correctly signed token is rejected if its alg is %s', async (_what, alg) => {
    expect(await refusal(jwt, mint({}, { header: { alg } }))).toEqual(invalid('malformed'))
  })
})

describe('the text of a public key used as an HMAC secret', () => {
  const key = createPublicKey({ key: { ...rsa.publicJwk }, format: 'jwk' })
  const pem = key.export({ format: 'pem', type: 'spki' }).toString()
  const jwk = JSON.stringify(rsa.publicJwk)
  const issuer = createJwtTrivial({ privateKey: rsa.privateJwk, authorise: () => true })
  const instances = [
    issuer,
    createJwtVerifier({ publicKeys: [rsa.publicJwk] }),
    createJwtVerifier({ publicKeys: [ann.publicJwk, rsa.publicJwk] }),
    createJwtVerifier({
      jwks: { keys: [rsa.publicJwk] },
      algorithms: ['RS256'],
      issuer: ISSUER,
      audience: AUDIENCE,
    }),
  ]

  test.each<[string, string | Uint8Array]>([
    ['the PEM', pem],
    ['the PEM without its last line break', pem.trimEnd()],
    ['the PEM with whitespace around it', `\n ${pem} \n`],
    ['the PEM with Windows line breaks', pem.replaceAll('\n', '\r\n')],
    ['the PEM after a byte order mark', `\uFEFF${pem}`],
    ['the PEM after a comment', `# the key of our API\n${pem}`],
    ['the PKCS #1 PEM', key.export({ format: 'pem', type: 'pkcs1' }).toString()],
    ['the base64 of the PEM', pem.replaceAll(/-----.*-----|\n/g, '')],
    ['the DER', key.export({ format: 'der', type: 'spki' })],
    ['the JWK', jwk],
    ['the JWK on several lines', JSON.stringify(rsa.publicJwk, null, 2)],
    ['a JWKS', JSON.stringify({ keys: [rsa.publicJwk] })],
    ['the JWKS that the issuer publishes', JSON.stringify(issuer.jwks())],
    ['the modulus', String(rsa.publicJwk.n)],
    ['the modulus as bytes', Buffer.from(String(rsa.publicJwk.n), 'base64url')],
    ['an empty secret', ''],
  ])('a token is rejected if its HMAC was made with %s', async (_what, passphrase) => {
    const claims = { iss: ISSUER, aud: AUDIENCE }
    for (const alg of ['HS256', 'HS384', 'HS512', 'RS256']) {
      for (const kid of ['rsa', undefined]) {
        const forged = mint(claims, { header: { alg, kid }, passphrase })
        const reason = alg === 'RS256' ? 'bad_signature' : 'malformed'
        for (const instance of instances) expect(await refusal(instance, forged)).toEqual(invalid(reason))
      }
    }
  })

  test('createJwtVerifier throws if its PEM is given as the passphrase, and the error does not show it', () => {
    for (const passphrase of [pem.trim(), pem.trim().replaceAll('\n', ' ')]) {
      expect(messageOf(() => createJwtVerifier({ passphrase }))).toBe(
        'createJwtVerifier: `passphrase` is a key in PEM format; a passphrase is a shared secret; ' +
          'make one with: openssl rand -base64 48',
      )
    }
  })
})
