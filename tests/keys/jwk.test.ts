import { generateKeyPairSync } from 'node:crypto'

import type { JWK } from 'jose'
import { createJwtTrivial, createJwtVerifier } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { isKid, jwkProblem, keySetProblem, publicHalf, configuredKeySetProblem } from '../../src/keys/jwk.ts'
import { messageOf } from '../support/option-errors.ts'
import { createSigner } from '../support/signer.ts'

const ec = await createSigner('ec')
const rsa = await createSigner('rsa', 'RS256')
const { privateJwk } = ec
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'] as const

const rsaOf = (modulusLength: number) => ({
  ...generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' }),
  alg: 'RS256',
  kid: 'weak',
})

describe('a configured JWK', () => {
  test.each<[string, unknown]>([
    ['of an elliptic curve', privateJwk],
    ['of RSA', rsa.privateJwk],
    ['that says what it is for', { ...privateJwk, use: 'sig', key_ops: ['sign'] }],
    ['with members that nobody here reads', { ...privateJwk, x5c: ['MIIB'], ext: true, iat: 1_800_000_000 }],
  ])('%s may sign', (_what, jwk) => {
    expect(jwkProblem(jwk, 'sign')).toBeUndefined()
  })

  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'must be a JWK, an object with `kty`'],
    ['null', null, 'must be a JWK, an object with `kty`'],
    ['a text', JSON.stringify(privateJwk), 'must be a JWK, an object with `kty`'],
    ['a PEM', '-----BEGIN PRIVATE KEY-----', 'must be a JWK, an object with `kty`'],
    ['a set', { keys: [privateJwk] }, 'must be a JWK, an object with `kty`'],
    ['a kty that is no text', { ...privateJwk, kty: ['EC'] }, 'must be a JWK, an object with `kty`'],
    [
      'a shared secret',
      { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256', kid: 'a' },
      'is a shared secret (`kty: oct`); pass a shared secret as `passphrase`',
    ],
    ['no kid', { ...privateJwk, kid: undefined }, 'must have a `kid`, a string of at most 256 characters'],
    ['an empty kid', { ...privateJwk, kid: '' }, 'must have a `kid`, a string of at most 256 characters'],
    ['a number as kid', { ...privateJwk, kid: 1 }, 'must have a `kid`, a string of at most 256 characters'],
    [
      'a kid of 257 characters',
      { ...privateJwk, kid: 'k'.repeat(257) },
      'must have a `kid`, a string of at most 256 characters',
    ],
    ['an alg of another family', { ...privateJwk, alg: 'RS256' }, 'must be a key that RS256 can use'],
    ['an alg of another curve', { ...privateJwk, alg: 'ES384' }, 'must be a key that ES384 can use'],
    ['a curve of an RSA key', { ...rsa.privateJwk, crv: 'P-256' }, 'must be a key that RS256 can use'],
    ['a key to encrypt with', { ...privateJwk, use: 'enc' }, "must have `use: 'sig'`, or no `use`"],
    [
      'key_ops without sign',
      { ...privateJwk, key_ops: ['verify'] },
      "must have `key_ops` with 'sign', or no `key_ops`",
    ],
    [
      'key_ops that are no list',
      { ...privateJwk, key_ops: 'sign' },
      "must have `key_ops` with 'sign', or no `key_ops`",
    ],
    ['key_ops that are null', { ...privateJwk, key_ops: null }, "must have `key_ops` with 'sign', or no `key_ops`"],
    ['a public key', ec.publicJwk, 'must be a private key, with `d`'],
  ])('must not be %s where it signs', (_what, jwk, problem) => {
    expect(jwkProblem(jwk, 'sign')).toBe(problem)
  })

  test.each([undefined, null, 'none', 'HS256', 'rs256', 'ES256K', 'RSA-OAEP', 'toString', ['ES256']])(
    'must name an algorithm that tokens may be signed with, and not %j',
    (alg) => {
      expect(jwkProblem({ ...privateJwk, alg }, 'sign')).toBe(
        'must have an `alg`, one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519',
      )
    },
  )

  test.each(PRIVATE_MEMBERS)('must not have the private member %s where it verifies', (member) => {
    expect(jwkProblem({ ...rsa.publicJwk, [member]: 'AQAB' }, 'verify')).toBe(
      'must be a public key; remove the private members',
    )
  })

  test('may be a public key where it verifies, for verifying only', () => {
    expect(jwkProblem({ ...ec.publicJwk, key_ops: ['verify'] }, 'verify')).toBeUndefined()
    expect(jwkProblem({ ...ec.publicJwk, key_ops: ['sign'] }, 'verify')).toBe(
      "must have `key_ops` with 'verify', or no `key_ops`",
    )
  })
})

describe('an RSA key', () => {
  const tooSmall = 'must be an RSA key of 2048 bits or more (RFC 7518 3.3)'

  test('of 2048 bits is accepted, and a shorter one is rejected', () => {
    expect(jwkProblem(rsaOf(2048), 'verify')).toBeUndefined()
    expect(jwkProblem(rsaOf(2040), 'verify')).toBe(tooSmall)
    expect(jwkProblem(rsaOf(1024), 'verify')).toBe(tooSmall)
  })

  test('is measured in bits, without leading zeros', () => {
    const [short, { n = '' }] = [rsaOf(1024), rsaOf(2048)]
    const padded = Buffer.concat([Buffer.alloc(128), Buffer.from(short.n ?? '', 'base64url')]).toString('base64url')
    expect(jwkProblem({ ...short, n: padded }, 'verify')).toBe(tooSmall)
    const halved = Buffer.from(n, 'base64url')
    halved[0] = 0x7f
    expect(jwkProblem({ ...short, n: halved.toString('base64url') }, 'verify')).toBe(tooSmall)
  })

  test.each([undefined, 1, '', 'not base64url!', null])('must have a modulus, and not %j', (n) => {
    expect(jwkProblem({ ...rsa.publicJwk, n }, 'verify')).toBe(tooSmall)
  })

  test('that is too short makes the factory throw', () => {
    expect(messageOf(() => createJwtVerifier({ publicKeys: [rsaOf(1024)] }))).toBe(
      `createJwtVerifier: \`publicKeys[0]\` ${tooSmall}`,
    )
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const weak = { ...privateKey.export({ format: 'jwk' }), alg: 'RS256', kid: 'weak' }
    expect(messageOf(() => createJwtTrivial({ privateKey: weak, authorise: () => true }))).toBe(
      `createJwtTrivial: \`privateKey\` ${tooSmall}`,
    )
  })
})

describe('a key set', () => {
  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'must be a key set, an object with an array `keys`'],
    ['a list', [ec.publicJwk], 'must be a key set, an object with an array `keys`'],
    ['keys that are no list', { keys: ec.publicJwk }, 'must be a key set, an object with an array `keys`'],
    ['a key that is none', { keys: [ec.publicJwk, null] }, 'must be a key set, an object with an array `keys`'],
    ['a shared secret', { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] }, 'must have public keys only'],
    ['a private key', { keys: [ec.publicJwk, rsa.privateJwk] }, 'must have public keys only'],
    ['one kid twice', { keys: [ec.publicJwk, { ...rsa.publicJwk, kid: 'ec' }] }, 'must not have the same `kid` twice'],
  ])('must not be %s', (_what, set, problem) => {
    expect(keySetProblem(set)).toBe(problem)
  })

  test('may have keys without kid, and keys of no use here', () => {
    const unnamed = { ...ec.publicJwk, kid: undefined }
    const other = { kty: 'AKP', pub: 'AQAB' }
    expect(keySetProblem({ keys: [unnamed, unnamed, other, rsa.publicJwk] })).toBeUndefined()
  })
})

describe('a key set that is written down', () => {
  test.each<[string, JWK[], string]>([
    ['empty', [], 'must have a key'],
    [
      'of an RSA key that is too short',
      [ec.publicJwk, rsaOf(1024)],
      'must have only RSA keys of 2048 bits or more (RFC 7518 3.3)',
    ],
  ])('must not be %s', (_what, keys, problem) => {
    expect(configuredKeySetProblem({ keys })).toBe(problem)
    const options = { jwks: { keys }, issuer: 'a', audience: 'b', algorithms: ['RS256' as const] }
    expect(messageOf(() => createJwtVerifier(options))).toBe(
      `createJwtVerifier: \`jwks\` ${problem}; or pass its address`,
    )
  })

  test('may have keys of every kind', () => {
    expect(
      configuredKeySetProblem({ keys: [ec.publicJwk, rsa.publicJwk, { kty: 'AKP', pub: 'AQAB' }] }),
    ).toBeUndefined()
  })
})

describe('the public half', () => {
  test('has what a verifier needs, and nothing else', () => {
    const { kty, crv, x, y } = ec.publicJwk
    expect(publicHalf({ ...privateJwk, key_ops: ['sign'], x5u: 'https://example' })).toEqual({
      kty,
      crv,
      x,
      y,
      alg: 'ES256',
      kid: 'ec',
      use: 'sig',
    })
  })

  test('of an RSA key has none of its primes', () => {
    expect(new Set(Object.keys(publicHalf(rsa.privateJwk)))).toEqual(new Set(['alg', 'e', 'kid', 'kty', 'n', 'use']))
  })
})

test('a kid is a text of 1 to 256 characters', () => {
  expect(['a', 'k'.repeat(256), '../../etc/passwd'].every(isKid)).toBe(true)
  expect(['', 'k'.repeat(257), 1, null, undefined, ['a'], { toString: () => 'a' }].some(isKid)).toBe(false)
})
