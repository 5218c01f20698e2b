import { createJwtTrivial, createJwtVerifier, type JwtVerifierOptions } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { PASSPHRASE } from '../support/mint.ts'
import { messageOf } from '../support/option-errors.ts'
import { AUDIENCE, createSigner, ISSUER } from '../support/signer.ts'

const [ann, bob] = await Promise.all([createSigner('ann'), createSigner('bob')])
const rsa = await createSigner('rsa', 'RS256')
const [privateKey, publicKeys] = [ann.privateJwk, [ann.publicJwk]]

const complaintOfTrivial = (options: object) => messageOf(() => createJwtTrivial({ ...options, authorise: () => true }))
const complaintOfVerifier = (options: object) => messageOf(() => createJwtVerifier(options as JwtVerifierOptions))

describe('shared secrets and key pairs exclude each other', () => {
  test('in an issuer', () => {
    expect(complaintOfTrivial({ passphrase: PASSPHRASE, privateKey })).toBe(
      'createJwtTrivial: `passphrase` and `privateKey` exclude each other; pass one of them',
    )
    expect(complaintOfTrivial({ passphrase: PASSPHRASE, publicKeys })).toBe(
      'createJwtTrivial: `publicKeys` needs a `privateKey` that signs',
    )
  })

  test('in a verifier', () => {
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

  test('even if the passphrase is an array or invalid', () => {
    const exclusive = 'createJwtTrivial: `passphrase` and `privateKey` exclude each other; pass one of them'
    expect(complaintOfTrivial({ passphrase: [PASSPHRASE], privateKey })).toBe(exclusive)
    expect(complaintOfTrivial({ passphrase: '', privateKey })).toBe(exclusive)
    expect(complaintOfTrivial({ passphrase: null, privateKey })).toBe(exclusive)
  })

  test('in the list of algorithms', () => {
    const pairs = 'RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519'
    expect(complaintOfTrivial({ privateKey, algorithms: ['ES256', 'HS256'] })).toBe(
      `createJwtTrivial: \`algorithms\` must be of ${pairs} with key pairs`,
    )
    expect(complaintOfVerifier({ publicKeys, algorithms: ['HS512', 'ES256'] })).toBe(
      `createJwtVerifier: \`algorithms\` must be of ${pairs} with key pairs`,
    )
    expect(complaintOfVerifier({ passphrase: PASSPHRASE, algorithms: ['HS256', 'ES256'] })).toBe(
      'createJwtVerifier: `algorithms` must be of HS256, HS384, HS512 with a `passphrase`',
    )
    expect(complaintOfTrivial({ passphrase: PASSPHRASE, algorithm: 'RS256' })).toBe(
      'createJwtTrivial: `algorithm` RS256 needs a `privateKey`, not a `passphrase`',
    )
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
    [
      'one kid twice',
      { privateKey, publicKeys: [ann.publicJwk] },
      '`publicKeys` must not have the same `kid` twice, nor that of `privateKey`',
    ],
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
      '`publicKeys` must not have the same `kid` twice, nor that of `privateKey`',
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
