import { createJwtTrivial, createJwtVerifier } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { call, invalid, refusal } from '../support/call.ts'
import { PASSPHRASE } from '../support/mint.ts'
import { messageOf } from '../support/option-errors.ts'
import { verifierOf } from '../support/provider.ts'
import { AUDIENCE, createSigner, ISSUER } from '../support/signer.ts'

const [ann, bob, rsa] = await Promise.all([createSigner('one'), createSigner('two'), createSigner('rsa', 'RS256')])

const options = { jwks: 'https://issuer.example/jwks', issuer: ISSUER, audience: AUDIENCE, algorithms: ['ES256'] }
const complaintOf = (changes: object) => messageOf(() => createJwtVerifier({ ...options, ...changes } as never))

describe('a key set in the configuration', () => {
  test('opens a protected procedure to the tokens of its keys, and to no others', async () => {
    const jwt = verifierOf({ keys: [ann.publicJwk, rsa.publicJwk] }, { algorithms: ['ES256', 'RS256'] })

    expect(await call(jwt, await ann.sign())).toMatchObject({ sub: 'ann', iss: ISSUER, aud: AUDIENCE })
    expect(await call(jwt, await rsa.sign({ sub: 'eve' }))).toMatchObject({ sub: 'eve' })
    expect(await refusal(jwt, await bob.sign())).toEqual(invalid('bad_signature'))
    expect(await refusal(jwt, await bob.sign({}, { kid: 'one' }))).toEqual(invalid('bad_signature'))
  })

  test('is a copy: keys pushed in afterwards verify nothing', async () => {
    const set = { keys: [ann.publicJwk] }
    const jwt = verifierOf(set)
    set.keys.push(bob.publicJwk)

    expect(await call(jwt, await ann.sign())).toMatchObject({ sub: 'ann' })
    expect(await refusal(jwt, await bob.sign())).toEqual(invalid('bad_signature'))
  })

  test("may be what a sibling's jwks() gives", async () => {
    const sibling = createJwtTrivial({
      privateKey: ann.privateJwk,
      issuer: ISSUER,
      audience: AUDIENCE,
      authorise: () => true,
    })
    const jwt = verifierOf(sibling.jwks())

    expect(await call(jwt, await sibling.createAccessToken({ sub: 'bob' }))).toMatchObject({ sub: 'bob' })
  })

  test('needs no alg in its keys: the configuration names the algorithms', async () => {
    const { alg: _, ...unnamed } = rsa.publicJwk
    const jwt = verifierOf({ keys: [unnamed] }, { algorithms: ['PS256'] })

    expect(await call(jwt, await rsa.sign({}, { alg: 'PS256' }))).toMatchObject({ sub: 'ann' })
    expect(await refusal(jwt, await rsa.sign())).toEqual(invalid('malformed'))
  })
})

describe('tokens of a provider', () => {
  const jwt = verifierOf({ keys: [ann.publicJwk] })

  test('must be issued by the issuer, exactly', async () => {
    for (const iss of [`${ISSUER}/`, 'https://ISSUER.example', 'https://other.example', [ISSUER], undefined]) {
      expect(await refusal(jwt, await ann.sign({ iss }))).toEqual(invalid('wrong_issuer'))
    }
  })

  test('must be for the audience, alone or among others', async () => {
    expect(await call(jwt, await ann.sign({ aud: ['https://other.example', AUDIENCE] }))).toMatchObject({ sub: 'ann' })
    for (const aud of ['https://other.example', `${AUDIENCE}/`, [], undefined]) {
      expect(await refusal(jwt, await ann.sign({ aud }))).toEqual(invalid('wrong_audience'))
    }
  })

  test('must end', async () => {
    expect(await refusal(jwt, await ann.sign({ exp: undefined }))).toEqual(invalid('invalid_claims'))
  })

  test('may be typed JWT, at+jwt or nothing, and not as another kind', async () => {
    for (const typ of ['JWT', 'at+jwt', 'application/AT+JWT', undefined]) {
      expect(await call(jwt, await ann.sign({}, { typ }))).toMatchObject({ sub: 'ann' })
    }
    for (const typ of ['id+jwt', 'rt+jwt', 'logout+jwt', 'secevent+jwt', '']) {
      expect(await refusal(jwt, await ann.sign({}, { typ }))).toEqual(invalid('wrong_type'))
    }
  })
})

describe('audience: null', () => {
  const jwt = verifierOf(
    { keys: [ann.publicJwk] },
    { audience: null, claims: z.object({ client_id: z.literal('web') }) },
  )

  test('takes tokens without aud whose client the schema knows', async () => {
    expect(await call(jwt, await ann.sign({ aud: undefined, client_id: 'web' }))).toMatchObject({ client_id: 'web' })
    expect(await refusal(jwt, await ann.sign({ aud: undefined, client_id: 'other' }))).toEqual(
      invalid('invalid_claims'),
    )
    expect(await refusal(jwt, await ann.sign({ aud: undefined }))).toEqual(invalid('invalid_claims'))
  })

  test('refuses tokens that name an audience all the same', async () => {
    for (const aud of [AUDIENCE, ['web'], [], null]) {
      expect(await refusal(jwt, await ann.sign({ aud, client_id: 'web' }))).toEqual(invalid('wrong_audience'))
    }
  })
})

describe('a configuration that lacks something', () => {
  test('names the issuer', () => {
    expect(complaintOf({ issuer: undefined })).toBe(
      "createJwtVerifier: `issuer` is required with `jwks`; pass the provider's `iss`",
    )
  })

  test('names the audience, and how to do without', () => {
    expect(complaintOf({ audience: undefined })).toBe(
      "createJwtVerifier: `audience` is required with `jwks`; pass null if the provider's access tokens have no `aud`",
    )
    expect(complaintOf({ audience: null })).toBe(
      'createJwtVerifier: `claims` is required with `audience: null`; pass a schema that checks `client_id` or `azp`',
    )
    expect(complaintOf({ audience: null, claims: z.object({ azp: z.literal('web') }) })).toBeUndefined()
    expect(complaintOf({ audience: '' })).toBe(
      'createJwtVerifier: `audience` must be a non-empty string, or an array of them; got an empty string',
    )
  })

  test('names the algorithms, and which there are', () => {
    expect(complaintOf({ algorithms: undefined })).toBe(
      'createJwtVerifier: `algorithms` is required with `jwks`; pass those that the provider signs with',
    )
    for (const algorithms of [['HS256'], ['ES256', 'HS512']]) {
      expect(complaintOf({ algorithms })).toBe(
        'createJwtVerifier: `algorithms` must be of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, ' +
          'Ed25519 with key pairs',
      )
    }
    expect(complaintOf({ algorithms: ['none'] })).toMatch(/^createJwtVerifier: `algorithms` must be an array of /)
  })

  test('asks the same of a key set that is given', () => {
    const jwks = { keys: [ann.publicJwk] }
    expect(complaintOf({ jwks })).toBeUndefined()
    expect(complaintOf({ jwks, issuer: undefined })).toMatch(/`issuer` is required with `jwks`/)
    expect(complaintOf({ jwks, audience: undefined })).toMatch(/`audience` is required with `jwks`/)
    expect(complaintOf({ jwks, algorithms: undefined })).toMatch(/`algorithms` is required with `jwks`/)
  })
})

describe('a configuration of two minds', () => {
  test('is told which two', () => {
    expect(complaintOf({ passphrase: PASSPHRASE })).toBe(
      'createJwtVerifier: `passphrase` and `jwks` exclude each other; pass one of them',
    )
    expect(complaintOf({ publicKeys: [ann.publicJwk] })).toBe(
      'createJwtVerifier: `publicKeys` and `jwks` exclude each other; pass one of them',
    )
  })

  test('an issuer takes no jwks: it signs with keys of its own', () => {
    expect(
      messageOf(() => createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => true, jwks: options.jwks } as never)),
    ).toMatch(/^createJwtTrivial: unknown option `jwks`: the known options are /)
  })
})

describe('jwks that is neither address nor set', () => {
  test('is told what a set is', () => {
    const wrong = [null, 5, [], [ann.publicJwk], {}, { keys: {} }, { keys: [{}] }, { keys: [null] }, () => options.jwks]

    expect(wrong.map((jwks) => complaintOf({ jwks }))).toEqual(
      wrong.map(
        () => 'createJwtVerifier: `jwks` must be a key set, an object with an array `keys`; or pass its address',
      ),
    )
  })

  test('an address with credentials in it, which no fetch sends, is refused and not shown', () => {
    const jwks = 'https://ann:s3cret@issuer.example/jwks'

    expect(complaintOf({ jwks })).toBe(
      'createJwtVerifier: `jwks` must be an https address (http only on loopback), without credentials',
    )
  })
})
