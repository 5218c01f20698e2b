import { generateKeyPairSync, sign } from 'node:crypto'

import { createJwtVerifier } from 'trpc-jwt-trivial'
import { afterEach, describe, expect, test, vi } from 'vitest'

import { call, invalid, refusal } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'

const OTHER_PASSPHRASE = 'another horse, another battery, another staple, and 64 bytes too'
const jwt = createJwtVerifier({ passphrase: PASSPHRASE })

afterEach(() => vi.restoreAllMocks())

describe('keys in the header of the token', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = publicKey.export({ format: 'jwk' })
  const oct = { kty: 'oct', k: Buffer.from(OTHER_PASSPHRASE).toString('base64url') }

  test('a jwk in the header verifies nothing, whether it is an RSA key or a secret', async () => {
    const input = mint({}, { header: { alg: 'RS256', jwk } })
      .split('.')
      .slice(0, 2)
      .join('.')
    const signature = sign('sha256', Buffer.from(input), privateKey).toString('base64url')
    expect(await refusal(jwt, `${input}.${signature}`)).toEqual(invalid('malformed'))
    const hmac = mint({}, { header: { jwk: oct }, passphrase: OTHER_PASSPHRASE })
    expect(await refusal(jwt, hmac)).toEqual(invalid('bad_signature'))
  })

  test.each([
    ['jku', 'https://attacker.example/keys'],
    ['x5u', 'https://attacker.example/chain'],
    ['x5c', ['MIIB']],
    ['x5t', 'AAAA'],
  ])('a key that %s names is neither fetched nor used', async (name, value) => {
    const fetched = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('must not be called'))
    const forged = mint({}, { header: { [name]: value }, passphrase: OTHER_PASSPHRASE })
    expect(await refusal(jwt, forged)).toEqual(invalid('bad_signature'))
    expect(await call(jwt, mint({}, { header: { [name]: value } }))).toMatchObject({ sub: 'ann' })
    expect(fetched).not.toHaveBeenCalled()
  })
})

describe('kid', () => {
  test.each([
    ['a path', '../../../../dev/null'],
    ['an SQL query', "x' UNION SELECT 'key"],
    ['a command', '|whoami'],
    ['a URL', 'https://attacker.example/key'],
    ['the name of an inherited property', '__proto__'],
    ['256 characters', 'k'.repeat(256)],
  ])('%s as kid does not change which passphrase verifies the token', async (_what, kid) => {
    expect(await call(jwt, mint({}, { header: { kid } }))).toMatchObject({ sub: 'ann' })
    expect(await refusal(jwt, mint({}, { header: { kid }, passphrase: '' }))).toEqual(invalid('bad_signature'))
  })

  test.each<[string, unknown]>([
    ['longer than 256 characters', 'k'.repeat(257)],
    ['a number', 1],
    ['null', null],
    ['an array', ['k']],
    ['an object', { toString: 'k' }],
  ])('a correctly signed token is rejected if its kid is %s', async (_what, kid) => {
    expect(await refusal(jwt, mint({}, { header: { kid } }))).toEqual(invalid('malformed'))
  })
})
