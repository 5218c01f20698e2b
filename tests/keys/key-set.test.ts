import { decodeProtectedHeader, jwtVerify, createLocalJWKSet } from 'jose'
import { createJwtTrivial, createJwtVerifier, type KeyPairAlgorithm } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { keyPairSigner, keySetSource } from '../../src/keys/key-set.ts'
import { keyPairAlgorithms } from '../../src/keys/algorithms.ts'
import { verifySignature } from '../../src/verify/verify-token.ts'
import { call, invalid, refusal, refusalOf } from '../support/call.ts'
import { messageOf } from '../support/option-errors.ts'
import { AUDIENCE, createSigner, ISSUER, type Signer } from '../support/signer.ts'

const recipient = { issuer: ISSUER, audience: AUDIENCE }
const issuerOf = ({ privateJwk }: Signer, ...older: Signer[]) =>
  createJwtTrivial({
    privateKey: privateJwk,
    publicKeys: older.map(({ publicJwk }) => publicJwk),
    ...recipient,
    authorise: () => true,
  })
const verifierOf = (...signers: Signer[]) =>
  createJwtVerifier({ publicKeys: signers.map(({ publicJwk }) => publicJwk), ...recipient })

const [ann, bob, eve] = await Promise.all([createSigner('ann'), createSigner('bob'), createSigner('ann')])
const rsa = await createSigner('rsa', 'RS256')

describe.each(keyPairAlgorithms)('a private key for %s', (alg: KeyPairAlgorithm) => {
  test('signs tokens that name it, and that its public half verifies here and with jose', async () => {
    const signer = await createSigner('key 1', alg)
    const jwt = issuerOf(signer)
    const token = await jwt.createAccessToken({ sub: 'ann' })
    expect(decodeProtectedHeader(token)).toEqual({ alg, typ: 'at+jwt', kid: 'key 1' })
    expect(await call(jwt, token)).toMatchObject({ sub: 'ann' })
    expect(await call(verifierOf(signer), token)).toMatchObject({ sub: 'ann' })
    const byAddress = createJwtVerifier({ jwks: jwt.jwks(), algorithms: [alg], ...recipient })
    expect(await call(byAddress, token)).toMatchObject({ sub: 'ann' })
    const { payload } = await jwtVerify(token, createLocalJWKSet(jwt.jwks()), recipient)
    expect(payload).toMatchObject({ sub: 'ann' })
  })

  test('does not let in what another key of its name signed', async () => {
    const [signer, other] = [await createSigner('key 1', alg), await createSigner('key 1', alg)]
    expect(await refusal(issuerOf(signer), await other.sign())).toEqual(invalid('bad_signature'))
  })
})

describe('kid', () => {
  const jwt = verifierOf(ann, bob)

  test('points to the key: every key of the set verifies its own tokens', async () => {
    expect(await call(jwt, await ann.sign())).toMatchObject({ sub: 'ann' })
    expect(await call(jwt, await bob.sign())).toMatchObject({ sub: 'ann' })
  })

  test('that is unknown is refused, though the key is known', async () => {
    expect(await refusal(jwt, await ann.sign({}, { kid: 'cem' }))).toEqual(invalid('bad_signature'))
  })

  test('of another key is refused', async () => {
    expect(await refusal(jwt, await ann.sign({}, { kid: 'bob' }))).toEqual(invalid('bad_signature'))
    expect(await refusal(jwt, await eve.sign())).toEqual(invalid('bad_signature'))
  })

  test('may be absent: then each key of the algorithm is tried', async () => {
    expect(await call(jwt, await ann.sign({}, { kid: undefined }))).toMatchObject({ sub: 'ann' })
    expect(await call(jwt, await bob.sign({}, { kid: undefined }))).toMatchObject({ sub: 'ann' })
    expect(await refusal(jwt, await eve.sign({}, { kid: undefined }))).toEqual(invalid('bad_signature'))
  })

  test.each([null, 7, '', ['ann'], { toString: 'ann' }, 'k'.repeat(257)])('must not be %j', async (kid) => {
    expect(await refusal(jwt, await ann.sign({}, { kid }))).toEqual(invalid('malformed'))
  })
})

describe('the algorithm', () => {
  test('is that of the key, not one that the key could also serve', async () => {
    expect(await refusal(verifierOf(rsa), await rsa.sign({}, { alg: 'PS256' }))).toEqual(invalid('malformed'))
    const pss = await createSigner('pss', 'PS256')
    expect(await refusal(verifierOf(rsa, pss), await rsa.sign({}, { alg: 'PS256' }))).toEqual(invalid('bad_signature'))
  })

  test('may be pinned once more, and must then list that of every key', () => {
    const publicKeys = [ann.publicJwk, rsa.publicJwk]
    expect(messageOf(() => createJwtVerifier({ publicKeys, algorithms: ['ES256', 'RS256'] }))).toBeUndefined()
    expect(messageOf(() => createJwtVerifier({ publicKeys, algorithms: ['ES256'] }))).toBe(
      'createJwtVerifier: `algorithms` must contain the `alg` of every key, or be left out',
    )
  })
})

describe('older public keys', () => {
  test('still verify, while the private key signs', async () => {
    const jwt = issuerOf(bob, ann)
    expect(await call(jwt, await ann.sign())).toMatchObject({ sub: 'ann' })
    const token = await jwt.createAccessToken({ sub: 'bob' })
    expect(decodeProtectedHeader(token)).toMatchObject({ kid: 'bob' })
    expect(await call(jwt, token)).toMatchObject({ sub: 'bob' })
    expect(await refusal(verifierOf(ann), token)).toEqual(invalid('bad_signature'))
  })

  test('may be of another algorithm', async () => {
    const jwt = issuerOf(ann, rsa)
    expect(await call(jwt, await rsa.sign())).toMatchObject({ sub: 'ann' })
  })

  test('that are left out verify no more', async () => {
    expect(await refusal(issuerOf(bob), await ann.sign())).toEqual(invalid('bad_signature'))
  })
})

describe('jwks()', () => {
  test('publishes the public halves only, the one that signs first', () => {
    expect(issuerOf(ann, bob).jwks()).toEqual({ keys: [ann.publicJwk, bob.publicJwk] })
    expect(JSON.stringify(issuerOf(rsa, ann).jwks())).not.toContain(rsa.privateJwk.d)
  })

  test('is a copy: who changes it changes no key', async () => {
    const jwt = issuerOf(ann)
    const set = jwt.jwks()
    Object.assign(set.keys[0] ?? {}, bob.publicJwk)
    set.keys.push(eve.publicJwk)
    expect(jwt.jwks()).toEqual({ keys: [ann.publicJwk] })
    expect(await call(jwt, await ann.sign())).toMatchObject({ sub: 'ann' })
    expect(await refusalOf(call(jwt, await bob.sign()))).toEqual(invalid('bad_signature'))
  })

  test('is refused where a passphrase signs', () => {
    const jwt = createJwtTrivial({ passphrase: 'correct horse battery staple 4 all', authorise: () => true })
    expect(messageOf(() => jwt.jwks())).toBe(
      'jwks: a `passphrase` has no public half; sign with a `privateKey` to publish one',
    )
  })
})

describe('the keys of the options', () => {
  test('are copied: who changes them later changes no key', async () => {
    const [privateKey, publicKey] = [{ ...ann.privateJwk }, { ...bob.publicJwk }]
    const jwt = createJwtTrivial({ privateKey, publicKeys: [publicKey], ...recipient, authorise: () => true })
    Object.assign(privateKey, eve.privateJwk)
    Object.assign(publicKey, eve.publicJwk)
    expect(await call(verifierOf(ann), await jwt.createAccessToken({}))).toMatchObject({ iss: ISSUER })
    expect(await call(jwt, await bob.sign())).toMatchObject({ sub: 'ann' })
    expect(await refusalOf(call(jwt, await eve.sign()))).toEqual(invalid('bad_signature'))
  })

  test('that cannot be imported end in an error that shows no member of theirs', async () => {
    const broken = { ...ann.privateJwk, d: 'c2VjcmV0' }
    await expect(keyPairSigner(broken).import()).rejects.toThrow(new TypeError('`privateKey` cannot be used as a key.'))
    const offCurve = { ...ann.publicJwk, y: String(ann.publicJwk.x) }
    const error: unknown = await verifySignature(await ann.sign(), keySetSource({ keys: [offCurve] }, ['ES256'])).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toEqual(new TypeError('A configured JWK cannot be used as a key.'))
    expect(error).not.toHaveProperty('cause')
  })

  test('are imported once', () => {
    const signer = keyPairSigner(ann.privateJwk)
    expect(signer.import()).toBe(signer.import())
  })
})
