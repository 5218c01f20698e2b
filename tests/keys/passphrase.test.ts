import { createJwtTrivial, createJwtVerifier } from 'trpc-jwt-trivial'
import { describe, expect, test, vi } from 'vitest'

import { call, invalid, refusal } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'
import { messageOf } from '../support/option-errors.ts'

const MAKE_ONE = 'make one with: openssl rand -base64 48'

const trivial = (passphrase: unknown, options: object = {}) =>
  messageOf(() => createJwtTrivial({ passphrase: passphrase as string, authorise: () => true, ...options }))
const verifier = (passphrase: unknown, options: object = {}) =>
  messageOf(() => createJwtVerifier({ passphrase: passphrase as string, ...options }))

/** Both factories must say the same. */
const complaint = (passphrase: unknown, options?: object): string | undefined => {
  const [one, other] = [trivial(passphrase, options), verifier(passphrase, options)]
  expect(one?.replace('createJwtTrivial: ', '')).toBe(other?.replace('createJwtVerifier: ', ''))
  return one?.replace('createJwtTrivial: ', '')
}

const tooShort = (name: string, bytes: number) =>
  `\`passphrase\` is too short for ${name}, which needs ${bytes} bytes (RFC 7518 3.2); make one with: openssl rand -base64 64`

const bytesOf = (length: number) => Uint8Array.from({ length }, (_, i) => i)

describe('a missing passphrase', () => {
  test('an environment variable that is not set is told so, with how to make a passphrase', () => {
    vi.stubEnv('JWT_PASSPHRASE', undefined)
    const text = `\`passphrase\` is undefined; set the environment variable, or ${MAKE_ONE}`

    expect(complaint(process.env['JWT_PASSPHRASE'])).toBe(text)
    expect(messageOf(() => createJwtTrivial({ authorise: () => true }))).toBe(`createJwtTrivial: ${text}`)
    expect(messageOf(() => createJwtVerifier({}))).toBe(`createJwtVerifier: ${text}`)
    vi.unstubAllEnvs()
  })

  test('an empty or blank text is refused', () => {
    expect(['', ' ', '\t\n', ' '.repeat(64), '\u00a0'.repeat(64)].map((blank) => complaint(blank))).toEqual(
      Array.from({ length: 5 }, () => `\`passphrase\` is blank; ${MAKE_ONE}`),
    )
  })

  test('null, numbers and objects are refused, as is no bytes at all', () => {
    const must = '`passphrase` must be a string or a Uint8Array; got'

    expect(complaint(null)).toBe(`${must} null`)
    expect([12345678901234567890n, 5, false].map((value) => complaint(value))).toEqual([
      `${must} bigint`,
      `${must} number`,
      `${must} boolean`,
    ])
    expect([{}, new ArrayBuffer(64), new Map()].map((value) => complaint(value))).toEqual(
      Array.from({ length: 3 }, () => `${must} object`),
    )
    expect(complaint(new Uint8Array())).toBe(
      `\`passphrase\` has 0 bytes; HS256 needs 32 or more (RFC 7518 3.2); ${MAKE_ONE}`,
    )
  })

  test('a list is refused for any of its members, which the error counts from 1', () => {
    expect(complaint([])).toBe('`passphrase` is an empty array; pass one passphrase or more')
    expect(complaint([PASSPHRASE, undefined])).toMatch(
      /^`passphrase\[1\]` is undefined; set the environment variable, /,
    )
    expect(complaint([PASSPHRASE, ''])).toBe(`\`passphrase[1]\` is blank; ${MAKE_ONE}`)
    expect(complaint([null])).toBe('`passphrase[0]` must be a string or a Uint8Array; got null')
    expect(complaint([[PASSPHRASE]])).toBe('`passphrase[0]` must be a string or a Uint8Array; got object')
  })
})

describe('a passphrase is at least as long as its hash', () => {
  test('32 bytes are enough for HS256, and 31 are not', () => {
    expect(complaint(PASSPHRASE.slice(0, 32))).toBeUndefined()
    expect(complaint(PASSPHRASE.slice(0, 31))).toBe(
      `\`passphrase\` has 31 bytes; HS256 needs 32 or more (RFC 7518 3.2); ${MAKE_ONE}`,
    )
    expect([complaint(bytesOf(32)), complaint(bytesOf(31))]).toEqual([
      undefined,
      `\`passphrase\` has 31 bytes; HS256 needs 32 or more (RFC 7518 3.2); ${MAKE_ONE}`,
    ])
  })

  test('bytes are counted, not letters', () => {
    expect(complaint('äöüßéèêçñõåøœæþð')).toBeUndefined()
    expect(complaint('äöüßéèêçñõåøœæþ')).toMatch(/^`passphrase` has 30 bytes; /)
  })

  test('HS384 needs 48 and HS512 needs 64 where they are asked for', () => {
    expect(trivial(bytesOf(47), { algorithm: 'HS384' })).toBe(`createJwtTrivial: ${tooShort('HS384', 48)}`)
    expect(trivial(bytesOf(63), { algorithm: 'HS512' })).toBe(`createJwtTrivial: ${tooShort('HS512', 64)}`)
    expect(verifier(bytesOf(47), { algorithms: ['HS256', 'HS384'] })).toBe(
      `createJwtVerifier: ${tooShort('HS384', 48)}`,
    )
    expect(complaint(bytesOf(63), { algorithms: ['HS256', 'HS512'] })).toBe(tooShort('HS512', 64))
    expect(complaint(bytesOf(64), { algorithms: ['HS256', 'HS384', 'HS512'] })).toBeUndefined()
    expect(trivial(bytesOf(48), { algorithm: 'HS384' })).toBeUndefined()
  })

  test('of a list, each must serve the algorithms listed, and the first the algorithm that signs', () => {
    const short = [bytesOf(64), bytesOf(40)]

    expect(complaint(short, { algorithms: ['HS512', 'HS256'] })).toMatch(/^`passphrase\[1\]` is too short for HS512, /)
    expect(trivial([bytesOf(40), bytesOf(64)], { algorithm: 'HS512' })).toMatch(
      / `passphrase\[0\]` is too short for HS512, /,
    )
    expect(trivial(short, { algorithm: 'HS512' })).toBeUndefined()
  })
})

describe('a mistyped or weak passphrase', () => {
  test('blanks at an edge are refused, inside they are fine', () => {
    const text = '`passphrase` begins or ends with white space, perhaps a mistake in a .env file; trim it'

    expect(
      [` ${PASSPHRASE}`, `${PASSPHRASE} `, `${PASSPHRASE}\n`, `\ufeff${PASSPHRASE}`].map((p) => complaint(p)),
    ).toEqual([text, text, text, text])
    expect(complaint('four words and thirty-two bytes')).toMatch(/ has 31 bytes; /)
    expect(complaint('four words and thirty-three bytes')).toBeUndefined()
  })

  test('control characters are refused, NUL among them', () => {
    const text = '`passphrase` contains control characters; use printable text on one line, or bytes'

    expect(['\0', '\n', '\t', '\u007f', '\u0085'].map((c) => complaint(`${PASSPHRASE}${c}${PASSPHRASE}`))).toEqual(
      Array.from({ length: 5 }, () => text),
    )
  })

  test('lone surrogates are refused, pairs are fine', () => {
    expect(complaint(`${PASSPHRASE}\ud800`)).toBe(
      '`passphrase` contains lone surrogates; pass a binary secret as a Uint8Array',
    )
    expect(complaint(`${PASSPHRASE}😀`)).toBeUndefined()
  })

  test('a key in PEM form is refused', () => {
    const text = `\`passphrase\` is a key in PEM format; a passphrase is a shared secret; ${MAKE_ONE}`

    expect(complaint('-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----')).toBe(text)
    expect(complaint(`# ours\n-----BEGIN RSA PRIVATE KEY-----\nMCowBQYDK2VwAyEA`)).toBe(text)
  })

  test('fewer than 10 distinct characters are refused, as text and as bytes', () => {
    const text = `\`passphrase\` has fewer than 10 distinct characters; ${MAKE_ONE}`

    expect(['a'.repeat(64), 'changeme'.repeat(8), '123456789'.repeat(8)].map((p) => complaint(p))).toEqual([
      text,
      text,
      text,
    ])
    expect(complaint('1234567890'.repeat(7))).toBeUndefined()
    expect(complaint(new Uint8Array(64))).toBe(text)
    expect(complaint(Uint8Array.from({ length: 64 }, (_, i) => i % 9))).toBe(text)
    expect(complaint(Uint8Array.from({ length: 64 }, (_, i) => i % 10))).toBeUndefined()
    expect(complaint('é😀'.repeat(16))).toBe(text)
    expect(complaint('😀😁😂😃😄😅😆😇😈'.repeat(2))).toBe(text)
  })
})

describe('a passphrase is used as the key without any conversion', () => {
  const text = 'Fünf Räder quietschen über der Brücke, während 東京 schläft'

  test('a string is used as its UTF-8 bytes, as in the HMAC of node:crypto', async () => {
    expect(await call(createJwtVerifier({ passphrase: text }), mint({}, { passphrase: text }))).toMatchObject({
      sub: 'ann',
    })
  })

  test('a string and its UTF-8 bytes are the same key', async () => {
    const bytes = new TextEncoder().encode(text)
    expect(await call(createJwtVerifier({ passphrase: bytes }), mint({}, { passphrase: text }))).toMatchObject({
      sub: 'ann',
    })
  })

  test('bytes that are not valid UTF-8 are used unchanged', async () => {
    const bytes = Uint8Array.from({ length: 64 }, (_, i) => 255 - i)
    expect(await call(createJwtVerifier({ passphrase: bytes }), mint({}, { passphrase: bytes }))).toMatchObject({
      sub: 'ann',
    })
  })

  test('bytes are copied: changing them later does not change the key', async () => {
    const bytes = Uint8Array.from({ length: 64 }, (_, i) => i)
    const token = mint({}, { passphrase: bytes })
    const jwt = createJwtVerifier({ passphrase: bytes })
    bytes.fill(0)
    expect(await call(jwt, token)).toMatchObject({ sub: 'ann' })
  })

  test('base64 is not decoded', async () => {
    const base64 = Buffer.from(PASSPHRASE).toString('base64')
    const jwt = createJwtVerifier({ passphrase: base64 })
    expect(await call(jwt, mint({}, { passphrase: base64 }))).toMatchObject({ sub: 'ann' })
    expect(await refusal(jwt, mint())).toEqual(invalid('bad_signature'))
  })
})

test('bytes may hold control characters, which a string may not', async () => {
  const bytes = Uint8Array.from({ length: 40 }, (_, i) => i)
  const jwt = createJwtVerifier({ passphrase: bytes })

  await expect(call(jwt, mint({}, { passphrase: bytes }))).resolves.toMatchObject({ sub: 'ann' })
})
