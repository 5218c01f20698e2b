import { createJwtVerifier } from 'trpc-jwt-trivial'
import { call, invalid, refusal } from '../support/call.ts'
import { PASSPHRASE } from '../support/mint.ts'
import type { JWK } from 'jose'
import { describe, expect, test } from 'vitest'

import { keySetSource } from '../../src/keys/key-set.ts'
import { hmacAlgorithms, type HmacAlgorithm } from '../../src/keys/algorithms.ts'
import type { KeySource } from '../../src/keys/key-source.ts'
import { passphraseKey, passphraseSource } from '../../src/keys/passphrase-keys.ts'
import { JwtRejection } from '../../src/outcome/rejection.ts'
import { verifySignature } from '../../src/verify/verify-token.ts'
import examples from '../fixtures/jws-examples.json' with { type: 'json' }

interface Example {
  alg: string
  key: JWK
}

/** The source that an example's own key makes, for its algorithm only. */
const sourceOf = ({ alg, key }: Example): KeySource =>
  key.kty === 'oct'
    ? passphraseSource([passphraseKey(new Uint8Array(Buffer.from(String(key.k), 'base64url')), [alg as HmacAlgorithm])])
    : keySetSource({ keys: [key] }, [alg])

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Flips the highest bit of a base64url letter: it counts in every position, so the text stays canonical. */
function flipAt(token: string, position: number): string {
  const letter = ALPHABET.charAt(ALPHABET.indexOf(token.charAt(position)) ^ 32)
  return token.slice(0, position) + letter + token.slice(position + 1)
}

const reasonOf = (token: string, keys: KeySource): Promise<string> =>
  verifySignature(token, keys).then(
    () => 'accepted',
    (error: unknown) => (error instanceof JwtRejection ? error.reason : String(error)),
  )

describe.each(examples.signed)('the token of $origin ($alg)', (example) => {
  const { token, payload } = example
  const signedFrom = token.indexOf('.') + 1
  const positions = Array.from(token).flatMap((letter, i) => (letter === '.' ? [] : [i]))

  test('verifies, and vouches for the payload printed there', async () => {
    const bytes = await verifySignature(token, sourceOf(example))
    expect(new TextDecoder().decode(bytes)).toBe(payload)
  })

  test('is refused with any one letter of its payload or signature flipped', async () => {
    const keys = sourceOf(example)
    for (const position of positions.filter((i) => i >= signedFrom)) {
      expect([position, await reasonOf(flipAt(token, position), keys)]).toEqual([position, 'bad_signature'])
    }
  })

  test('is refused with any one letter of its header flipped', async () => {
    const keys = sourceOf(example)
    for (const position of positions.filter((i) => i < signedFrom)) {
      expect(['malformed', 'wrong_type', 'bad_signature']).toContain(await reasonOf(flipAt(token, position), keys))
    }
  })

  test('is refused where its algorithm is not accepted, though its key is there', async () => {
    expect(await reasonOf(token, { ...sourceOf(example), algorithms: new Set(['HS384']) })).toBe('malformed')
  })
})

describe('the unsecured token of RFC 7515 A.5', () => {
  const { token } = examples.unsecured
  const keys = passphraseSource([passphraseKey(crypto.getRandomValues(new Uint8Array(64)), hmacAlgorithms)])

  test('is refused', async () => {
    expect(await reasonOf(token, keys)).toBe('malformed')
  })

  test('is refused with a signature behind it', async () => {
    expect(await reasonOf(`${token}c2lnbmF0dXJl`, keys)).toBe('malformed')
  })
})

describe('the example of RFC 7519 3.1, which is that of RFC 7515 A.1', () => {
  const example = examples.signed[0]
  const token = String(example?.token)
  const passphrase = new Uint8Array(Buffer.from(String(example?.key.k), 'base64url'))
  const verifierAt = (seconds: number) => createJwtVerifier({ passphrase, clock: () => new Date(seconds * 1000) })

  test('opens a protected procedure until it expires in 2011', async () => {
    expect(await call(verifierAt(1_300_819_379), token)).toEqual({
      iss: 'joe',
      exp: 1_300_819_380,
      'http://example.com/is_root': true,
    })
  })

  test('is refused ever since, and at once under another key', async () => {
    const expired = { reason: 'expired', code: 'UNAUTHORIZED', message: 'Token expired' }
    expect(await refusal(verifierAt(1_300_819_380), token)).toEqual(expired)
    expect(await refusal(createJwtVerifier({ passphrase: PASSPHRASE }), token)).toEqual(invalid('bad_signature'))
  })
})
