import { createPublicKey } from 'node:crypto'

import { createJwtTrivial, createJwtVerifier, type JwtVerifierOptions } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { invalid, refusal } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'
import { messageOf } from '../support/option-errors.ts'
import { AUDIENCE, createSigner, ISSUER } from '../support/signer.ts'

const [ann, bob] = await Promise.all([createSigner('ann'), createSigner('bob')])
const rsa = await createSigner('rsa', 'RS256')
const [privateKey, publicKeys] = [ann.privateJwk, [ann.publicJwk]]

const complaintOfTrivial = (options: object) => messageOf(() => createJwtTrivial({ ...options, authorise: () => true }))
const complaintOfVerifier = (options: object) => messageOf(() => createJwtVerifier(options as JwtVerifierOptions))

describe('B3 shared secrets and key pairs exclude each other', () => {
  test('B3 in an issuer', () => {
    expect(complaintOfTrivial({ passphrase: PASSPHRASE, privateKey })).toBe(
      'createJwtTrivial: `passphrase` and `privateKey` exclude each other; pass one of them',
    )
    expect(complaintOfTrivial({ passphrase: PASSPHRASE, publicKeys })).toBe(
      'createJwtTrivial: `publicKeys` needs a `privateKey` that signs',
    )
  })

  test('B3 in a verifier', () => {
    const jwks = { keys: publicKeys }
    expect(complaintOfVerifier({ passphrase: PASSPHRASE, publicKeys })).toBe(
      'createJwtVerifier: `passphrase` and `publicKeys` exclude each other; pass one of them',
    )
    expect(
      complaintOfVerifier({ passphrase: PASSPHRASE, jwks, issuer: ISSUER, audience: AUDIENCE, algorithms: ['ES256'] }),
    ).toBe('createJwtVerifier: `passphrase` and `jwks` exclude each other; pass one of them')
    expect(complaintOfVerifier({ publicKeys, jwks, issuer: ISSUER, audience: AUDIENCE, algorithms: ['ES256'] })).toBe(
      'createJwtVerifier: `publicKeys` and `jwks` exclude each other; pass one of them',
    )
  })

  test('B3 also where the passphrase is a list, or broken', () => {
    const exclusive = 'createJwtTrivial: `passphrase` and `privateKey` exclude each other; pass one of them'
    expect(complaintOfTrivial({ passphrase: [PASSPHRASE], privateKey })).toBe(exclusive)
    expect(complaintOfTrivial({ passphrase: '', privateKey })).toBe(exclusive)
    expect(complaintOfTrivial({ passphrase: null, privateKey })).toBe(exclusive)
  })

  test('B3 among the algorithms', () => {
    const pairs = 'RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519'
    expect(complaintOfTrivial({ privateKey, algorithms: ['ES256', 'HS256'] })).toBe(
      `createJwtTrivial: \`algorithms\` must be of ${pairs} with public keys`,
    )
    expect(complaintOfVerifier({ publicKeys, algorithms: ['HS512', 'ES256'] })).toBe(
      `createJwtVerifier: \`algorithms\` must be of ${pairs} with public keys`,
    )
    expect(complaintOfVerifier({ passphrase: PASSPHRASE, algorithms: ['HS256', 'ES256'] })).toBe(
      'createJwtVerifier: `algorithms` must be of HS256, HS384, HS512 with a `passphrase`',
    )
    expect(complaintOfTrivial({ passphrase: PASSPHRASE, algorithm: 'RS256' })).toBe(
      'createJwtTrivial: `algorithm` RS256 needs a `privateKey`, not a `passphrase`',
    )
  })
})

describe('B4 the text of a public key is no passphrase', () => {
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
    ['PEM', pem],
    ['PEM without its last line end', pem.trimEnd()],
    ['PEM with blanks around it', `\n ${pem} \n`],
    ['PEM with Windows line ends', pem.replaceAll('\n', '\r\n')],
    ['PEM behind a byte order mark', `\uFEFF${pem}`],
    ['PEM behind a comment', `# the key of our API\n${pem}`],
    ['PEM of the older kind', key.export({ format: 'pem', type: 'pkcs1' }).toString()],
    ['the base64 between its lines', pem.replaceAll(/-----.*-----|\n/g, '')],
    ['DER', key.export({ format: 'der', type: 'spki' })],
    ['JWK', jwk],
    ['JWK in several lines', JSON.stringify(rsa.publicJwk, null, 2)],
    ['JWKS', JSON.stringify({ keys: [rsa.publicJwk] })],
    ['the JWKS that the issuer publishes', JSON.stringify(issuer.jwks())],
    ['modulus', String(rsa.publicJwk.n)],
    ['modulus in bytes', Buffer.from(String(rsa.publicJwk.n), 'base64url')],
    ['nothing', ''],
  ])('B4 refuses an HMAC made with its %s', async (_what, passphrase) => {
    const claims = { iss: ISSUER, aud: AUDIENCE }
    for (const alg of ['HS256', 'HS384', 'HS512', 'RS256']) {
      for (const kid of ['rsa', undefined]) {
        const forged = mint(claims, { header: { alg, kid }, passphrase })
        const reason = alg === 'RS256' ? 'bad_signature' : 'malformed'
        for (const jwt of instances) expect(await refusal(jwt, forged)).toEqual(invalid(reason))
      }
    }
  })

  test('B4 refuses its PEM as a passphrase when the instance is made, and does not show it', () => {
    for (const passphrase of [pem.trim(), pem.trim().replaceAll('\n', ' ')]) {
      expect(complaintOfVerifier({ passphrase })).toBe(
        'createJwtVerifier: `passphrase` is a key in PEM format; a passphrase is a shared secret; ' +
          'make one with: openssl rand -base64 48',
      )
    }
  })
})

describe('the keys of an issuer', () => {
  test.each<[string, object, string]>([
    [
      'no kid',
      { privateKey: { ...privateKey, kid: undefined } },
      '`privateKey` must have a `kid`, a string of at most 256 characters',
    ],
    ['a public key to sign with', { privateKey: ann.publicJwk }, '`privateKey` must be a private key, with `d`'],
    ['null', { privateKey: null }, '`privateKey` must be a JWK, an object with `kty`'],
    ['a text', { privateKey: JSON.stringify(privateKey) }, '`privateKey` must be a JWK, an object with `kty`'],
    [
      'a private key to verify with',
      { privateKey, publicKeys: [bob.publicJwk, rsa.privateJwk] },
      '`publicKeys[1]` must be a public key; remove the private members',
    ],
    ['one kid twice', { privateKey, publicKeys: [ann.publicJwk] }, '`publicKeys` must not have the same `kid` twice'],
    [
      'an algorithm that is not the key’s',
      { privateKey, algorithm: 'ES384' },
      '`algorithm` must be the `alg` of `privateKey`, or left out',
    ],
    [
      'a passphrase’s algorithm',
      { privateKey, algorithm: 'HS256' },
      '`algorithm` must be the `alg` of `privateKey`, or left out',
    ],
    [
      'algorithms without that of every key',
      { privateKey, publicKeys: [rsa.publicJwk], algorithms: ['ES256'] },
      '`algorithms` must contain the `alg` of every key, or be left out',
    ],
    ['keys to accept, and none to sign with', { publicKeys }, '`publicKeys` needs a `privateKey` that signs'],
    [
      'keys that are no list',
      { privateKey, publicKeys: bob.publicJwk },
      '`publicKeys` must be an array of public JWKs; got an object',
    ],
  ])('must not be %s', (_what, options, problem) => {
    expect(complaintOfTrivial(options)).toBe(`createJwtTrivial: ${problem}`)
  })

  test('may be said twice over: the algorithm of the key, no older keys', () => {
    const options = { privateKey, algorithm: 'ES256', algorithms: ['ES256'], publicKeys: [] }
    expect(complaintOfTrivial(options)).toBeUndefined()
  })
})

describe('the keys of a verifier', () => {
  test.each<[string, object, string]>([
    ['an empty array', { publicKeys: [] }, '`publicKeys` is an empty array; pass one public key or more'],
    [
      'without alg',
      { publicKeys: [{ ...ann.publicJwk, alg: undefined }] },
      '`publicKeys[0]` must have an `alg`, one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519',
    ],
    [
      'without kid',
      { publicKeys: [bob.publicJwk, { ...ann.publicJwk, kid: undefined }] },
      '`publicKeys[1]` must have a `kid`, a string of at most 256 characters',
    ],
    ['private', { publicKeys: [privateKey] }, '`publicKeys[0]` must be a public key; remove the private members'],
    [
      'one kid twice',
      { publicKeys: [ann.publicJwk, { ...bob.publicJwk, kid: 'ann' }] },
      '`publicKeys` must not have the same `kid` twice',
    ],
    [
      'to encrypt with',
      { publicKeys: [{ ...ann.publicJwk, use: 'enc' }] },
      "`publicKeys[0]` must have `use: 'sig'`, or no `use`",
    ],
    [
      'a shared secret',
      { publicKeys: [{ kty: 'oct', k: PASSPHRASE, alg: 'HS256', kid: 'a' }] },
      '`publicKeys[0]` is a shared secret (`kty: oct`); pass a shared secret as `passphrase`',
    ],
  ])('must not be %s', (_what, options, problem) => {
    expect(complaintOfVerifier(options)).toBe(`createJwtVerifier: ${problem}`)
  })

  test('must not be a private key: a verifier has no option for one', () => {
    expect(complaintOfVerifier({ privateKey })).toMatch(/^createJwtVerifier: unknown option `privateKey`: /)
  })
})
