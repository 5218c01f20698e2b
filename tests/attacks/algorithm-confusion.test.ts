import { generateKeyPairSync, sign } from 'node:crypto'

import { createJwtTrivial, createJwtVerifier, type JwtTrivialOptions, type Passphrase } from 'trpc-jwt-trivial'
import { afterEach, describe, expect, test, vi } from 'vitest'

import { call, callBehind, contextWith, invalid, refusal, refusalOf } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'

const OTHER_PASSPHRASE = 'another horse, another battery, another staple, and 64 bytes too'
const jwt = createJwtVerifier({ passphrase: PASSPHRASE })
const MAKE_ONE = 'make one with: openssl rand -base64 48'

/** Makes a trivial instance with a passphrase that the types may forbid. */
const withPassphrase =
  (passphrase: unknown, options: Partial<JwtTrivialOptions> = {}) =>
  () =>
    createJwtTrivial({ passphrase: passphrase as string, ...options, authorise: () => true })

afterEach(() => vi.restoreAllMocks())

describe('B1 the configuration pins the algorithms', () => {
  test('B1 refuses an algorithm that is not listed, under a right MAC', async () => {
    const only = createJwtVerifier({ passphrase: PASSPHRASE, algorithms: ['HS256'] })
    expect(await call(only, mint())).toMatchObject({ sub: 'ann' })
    expect(await refusal(only, mint({}, { header: { alg: 'HS384' } }))).toEqual(invalid('malformed'))
    expect(await refusal(only, mint({}, { header: { alg: 'HS512' } }))).toEqual(invalid('malformed'))
  })

  test('B1 refuses an algorithm that the signature was not made with', async () => {
    const [, payload, signature] = mint().split('.')
    const header = Buffer.from('{"alg":"HS512"}').toString('base64url')
    expect(await refusal(jwt, `${header}.${payload}.${signature}`)).toEqual(invalid('bad_signature'))
  })

  test.each<[string, unknown]>([
    ['of a key pair', 'RS256'],
    ['in another case', 'hs256'],
    ['that is absent', undefined],
    ['that is null', null],
    ['that is a list', ['HS256']],
    ['that is an object', { toString: 'HS256' }],
    ['that objects have by nature', 'constructor'],
    ['with a blank behind it', 'HS256 '],
    ['of an encryption', 'A256GCMKW'],
  ])('B1 refuses an alg %s, under a right MAC', async (_what, alg) => {
    expect(await refusal(jwt, mint({}, { header: { alg } }))).toEqual(invalid('malformed'))
  })
})

describe('B2 alg none', () => {
  test.each(['none', 'None', 'NONE', 'nOnE', 'none ', ' none', '', 'n\u043ene', 'null'])(
    'B2 refuses alg none in every spelling, with and without a signature: "%s"',
    async (alg) => {
      const signed = mint({}, { header: { alg } })
      const unsigned = signed.slice(0, signed.lastIndexOf('.'))
      expect(await refusal(jwt, signed)).toEqual(invalid('malformed'))
      expect(await refusal(jwt, `${unsigned}.`)).toEqual(invalid('malformed'))
      expect(await refusal(jwt, unsigned)).toEqual(invalid('malformed'))
    },
  )

  test('B2 refuses a good token whose signature was cut off', async () => {
    const token = mint()
    expect(await refusal(jwt, token.slice(0, token.lastIndexOf('.') + 1))).toEqual(invalid('malformed'))
  })
})

describe('B5 a passphrase must be as long as the hash', () => {
  test('B5 32 bytes for HS256', () => {
    const message = `createJwtTrivial: \`passphrase\` has 31 bytes; HS256 needs 32 or more (RFC 7518 3.2); ${MAKE_ONE}`
    expect(withPassphrase(PASSPHRASE.slice(0, 31))).toThrow(new TypeError(message))
    expect(withPassphrase(Buffer.from(PASSPHRASE.slice(0, 31)))).toThrow(new TypeError(message))
    expect(withPassphrase(PASSPHRASE.slice(0, 32))).not.toThrow()
  })

  test.each([
    ['HS384', 48],
    ['HS512', 64],
  ] as const)('B5 for %s %i bytes, whether it signs or verifies', (algorithm, bytes) => {
    const error = new TypeError(
      `createJwtTrivial: \`passphrase\` is too short for ${algorithm}, which needs ${bytes} bytes (RFC 7518 3.2); ` +
        'make one with: openssl rand -base64 64',
    )
    expect(withPassphrase(PASSPHRASE.slice(0, bytes - 1), { algorithm })).toThrow(error)
    expect(withPassphrase(PASSPHRASE.slice(0, bytes - 1), { algorithms: ['HS256', algorithm] })).toThrow(error)
    expect(withPassphrase(PASSPHRASE.slice(0, bytes), { algorithm, algorithms: [algorithm] })).not.toThrow()
  })

  test('B5 counts bytes, not characters', () => {
    expect(withPassphrase('äöüßéèñçøåâ1234')).toThrow('has 26 bytes')
    expect(withPassphrase('äöüßéèñçøåâ1234äöü')).not.toThrow()
  })
})

describe('B6 no key is no way in', () => {
  const UNDEFINED = `is undefined; set the environment variable, or ${MAKE_ONE}`
  test.each<[string, unknown, string]>([
    ['undefined, as of a variable that is not set', process.env['NO_SUCH_VARIABLE_IS_SET'], ` ${UNDEFINED}`],
    ['null', null, ' must be a string or a Uint8Array; got null'],
    ['empty', '', ` is blank; ${MAKE_ONE}`],
    ['blank', ' '.repeat(64), ` is blank; ${MAKE_ONE}`],
    ['no bytes', new Uint8Array(), ` has 0 bytes; HS256 needs 32 or more (RFC 7518 3.2); ${MAKE_ONE}`],
    ['bytes that are all zero', new Uint8Array(64), ` has fewer than 10 distinct characters; ${MAKE_ONE}`],
    ['an empty array', [], ' is an empty array; pass one passphrase or more'],
    ['a list of undefined', [undefined], ` 1 ${UNDEFINED}`],
    ['a list with undefined behind a good one', [PASSPHRASE, undefined], ` 2 ${UNDEFINED}`],
    ['a list with an empty one before a good one', ['', PASSPHRASE], ` 1 is blank; ${MAKE_ONE}`],
    ['false', false, ' must be a string or a Uint8Array; got boolean'],
    ['an object', {}, ' must be a string or a Uint8Array; got object'],
  ])('B6 refuses a passphrase that is %s, at construction of either half', (_what, passphrase, problem) => {
    expect(withPassphrase(passphrase)).toThrow(new TypeError(`createJwtTrivial: \`passphrase\`${problem}`))
    expect(() => createJwtVerifier({ passphrase: passphrase as string })).toThrow(
      new TypeError(`createJwtVerifier: \`passphrase\`${problem}`),
    )
  })

  test('B6 refuses options without any passphrase', () => {
    expect(() => createJwtVerifier({})).toThrow(new TypeError(`createJwtVerifier: \`passphrase\` ${UNDEFINED}`))
  })

  test('B6 refuses a token signed with an empty key', async () => {
    expect(await refusal(jwt, mint({}, { passphrase: '' }))).toEqual(invalid('bad_signature'))
  })
})

describe('B7 the passphrase is the key as it is', () => {
  const text = 'Fünf Räder quietschen über der Brücke, während 東京 schläft'

  test('B7 takes a text as its UTF-8 bytes, as node’s HMAC does', async () => {
    expect(await call(createJwtVerifier({ passphrase: text }), mint({}, { passphrase: text }))).toMatchObject({
      sub: 'ann',
    })
  })

  test('B7 takes the same text as bytes for the same key', async () => {
    const bytes = new TextEncoder().encode(text)
    expect(await call(createJwtVerifier({ passphrase: bytes }), mint({}, { passphrase: text }))).toMatchObject({
      sub: 'ann',
    })
  })

  test('B7 takes bytes that are no text as they are', async () => {
    const bytes = Uint8Array.from({ length: 64 }, (_, i) => 255 - i)
    expect(await call(createJwtVerifier({ passphrase: bytes }), mint({}, { passphrase: bytes }))).toMatchObject({
      sub: 'ann',
    })
  })

  test('B7 copies bytes: who changes them later changes no key', async () => {
    const bytes = Uint8Array.from({ length: 64 }, (_, i) => i)
    const token = mint({}, { passphrase: bytes })
    const verifier = createJwtVerifier({ passphrase: bytes })
    bytes.fill(0)
    expect(await call(verifier, token)).toMatchObject({ sub: 'ann' })
  })

  test('B7 decodes no base64: a text that looks like it is a text', async () => {
    const base64 = Buffer.from(PASSPHRASE).toString('base64')
    const verifier = createJwtVerifier({ passphrase: base64 })
    expect(await call(verifier, mint({}, { passphrase: base64 }))).toMatchObject({ sub: 'ann' })
    expect(await refusal(verifier, mint())).toEqual(invalid('bad_signature'))
  })
})

describe('B8 keys that a token brings along', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = publicKey.export({ format: 'jwk' })
  const oct = { kty: 'oct', k: Buffer.from(OTHER_PASSPHRASE).toString('base64url') }

  test('B8 are not used, whatever family they are of', async () => {
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
  ])('B8 are not fetched and not used where %s names them', async (name, value) => {
    const fetched = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('must not be called'))
    const forged = mint({}, { header: { [name]: value }, passphrase: OTHER_PASSPHRASE })
    expect(await refusal(jwt, forged)).toEqual(invalid('bad_signature'))
    expect(await call(jwt, mint({}, { header: { [name]: value } }))).toMatchObject({ sub: 'ann' })
    expect(fetched).not.toHaveBeenCalled()
  })
})

describe('B9 kid', () => {
  test.each([
    ['a path', '../../../../dev/null'],
    ['a query', "x' UNION SELECT 'key"],
    ['a command', '|whoami'],
    ['an address', 'https://attacker.example/key'],
    ['a name that objects have by nature', '__proto__'],
    ['256 characters', 'k'.repeat(256)],
  ])('B9 chooses no passphrase where it is %s', async (_what, kid) => {
    expect(await call(jwt, mint({}, { header: { kid } }))).toMatchObject({ sub: 'ann' })
    expect(await refusal(jwt, mint({}, { header: { kid }, passphrase: '' }))).toEqual(invalid('bad_signature'))
  })

  test.each<[string, unknown]>([
    ['over 256 characters', 'k'.repeat(257)],
    ['a number', 1],
    ['null', null],
    ['a list', ['k']],
    ['an object', { toString: 'k' }],
  ])('B9 is refused where it is %s, under a right MAC', async (_what, kid) => {
    expect(await refusal(jwt, mint({}, { header: { kid } }))).toEqual(invalid('malformed'))
  })
})

describe('B13 two instances with two passphrases in one app', () => {
  const one = createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => true })
  const other = createJwtTrivial({ passphrase: OTHER_PASSPHRASE, authorise: () => true })

  test('B13 refuse each other’s tokens', async () => {
    const [ofOne, ofOther] = [await one.createAccessToken({}), await other.createAccessToken({})]
    expect(await refusal(other, ofOne)).toEqual(invalid('bad_signature'))
    expect(await refusal(one, ofOther)).toEqual(invalid('bad_signature'))
  })

  test('B13 refuse them also where the first has just accepted the very bearer', async () => {
    const ctx = contextWith(one, await one.createAccessToken({}))
    expect(await callBehind(one.protectedProcedure, ctx)).toHaveProperty('jti')
    expect(await refusalOf(callBehind(other.protectedProcedure, ctx))).toEqual(invalid('bad_signature'))
  })
})

describe('B15 slips in a passphrase', () => {
  const PEM = `-----BEGIN PUBLIC KEY-----${'MFkwEwYHKoZIzj0CAQYIKoZIzj0D'.repeat(3)}-----END PUBLIC KEY-----`
  test.each<[string, Passphrase, string]>([
    ['a NUL', `${PASSPHRASE}\0${PASSPHRASE}`, 'contains control characters; use printable text on one line, or bytes'],
    [
      'a line end within',
      `${PASSPHRASE}\n${PASSPHRASE}`,
      'contains control characters; use printable text on one line, or bytes',
    ],
    [
      'a delete character',
      `${PASSPHRASE}\u007f!`,
      'contains control characters; use printable text on one line, or bytes',
    ],
    ['a lone surrogate', `${PASSPHRASE}\ud800!`, 'contains lone surrogates; pass a binary secret as a Uint8Array'],
    [
      'a line end at the end',
      `${PASSPHRASE}\n`,
      'begins or ends with white space, perhaps a mistake in a .env file; trim it',
    ],
    [
      'a blank in front',
      ` ${PASSPHRASE}`,
      'begins or ends with white space, perhaps a mistake in a .env file; trim it',
    ],
    ['a key in PEM form', PEM, `is a key in PEM format; a passphrase is a shared secret; ${MAKE_ONE}`],
    ['fewer than 10 distinct characters', '123456789'.repeat(8), `has fewer than 10 distinct characters; ${MAKE_ONE}`],
    [
      'fewer than 10 distinct bytes',
      Buffer.from('123456789'.repeat(8)),
      `has fewer than 10 distinct characters; ${MAKE_ONE}`,
    ],
  ])('B15 %s is refused, and the value is not shown', (_what, passphrase, problem) => {
    const error = new TypeError(`createJwtTrivial: \`passphrase\` ${problem}`)
    expect(withPassphrase(passphrase)).toThrow(error)
    expect(withPassphrase([OTHER_PASSPHRASE, passphrase])).toThrow(
      new TypeError(error.message.replace('`passphrase`', '`passphrase[1]`')),
    )
  })

  test('B15 ten distinct characters are enough', () => {
    expect(withPassphrase('1234567890'.repeat(4))).not.toThrow()
  })
})
