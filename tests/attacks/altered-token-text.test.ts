import { createHmac } from 'node:crypto'

import { createJwtVerifier } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { call, invalid, refusal, refusalOf } from '../support/call.ts'
import { mint, mintText, PASSPHRASE } from '../support/mint.ts'

const jwt = createJwtVerifier({ passphrase: PASSPHRASE })
const EXP = 9_999_999_999
const HEADER = '{"alg":"HS256"}'
const PAYLOAD = `{"exp":${EXP}}`
const malformed = invalid('malformed')

/** Appends the right MAC to a header and a payload that are already encoded, canonically or not. */
const sign = (input: string) => `${input}.${createHmac('sha256', PASSPHRASE).update(input).digest('base64url')}`

/** Changes one of the three segments. After a change to the header or the payload the token is signed again. */
function withSegment(index: number, change: (segment: string) => string): string {
  const segments = mintText(HEADER, PAYLOAD).split('.')
  const changed = segments.map((segment, i) => (i === index ? change(segment) : segment))
  return index === 2 ? changed.join('.') : sign(changed.slice(0, 2).join('.'))
}

const inTheMiddle = (text: string) => (segment: string) => segment.slice(0, 8) + text + segment.slice(8)

test('the unaltered token of these tests is valid', async () => {
  expect(
    await call(
      jwt,
      withSegment(1, (segment) => segment),
    ),
  ).toEqual({ exp: EXP })
})

describe('characters that base64url does not have', () => {
  test.each([
    ['a space', ' '],
    ['a tab', '\t'],
    ['a line feed', '\n'],
    ['a carriage return and a line feed', '\r\n'],
    ['padding', '='],
    ['a plus sign, as in plain base64', '+'],
    ['a slash', '/'],
    ['a percent sign', '%41'],
    ['a letter outside ASCII', 'é'],
    ['a zero-width space', '\u200b'],
    ['a NUL', '\0'],
    ['a tilde', '~'],
  ])('a token with %s in any segment is rejected', async (_what, text) => {
    expect(await refusal(jwt, withSegment(0, inTheMiddle(text)))).toEqual(malformed)
    expect(await refusal(jwt, withSegment(1, inTheMiddle(text)))).toEqual(malformed)
    expect(await refusal(jwt, withSegment(2, inTheMiddle(text)))).toEqual(malformed)
  })

  test('a token with padding at the end of any segment is rejected', async () => {
    expect(
      await refusal(
        jwt,
        withSegment(0, (segment) => `${segment}=`),
      ),
    ).toEqual(malformed)
    expect(
      await refusal(
        jwt,
        withSegment(1, (segment) => `${segment}==`),
      ),
    ).toEqual(malformed)
    expect(
      await refusal(
        jwt,
        withSegment(2, (segment) => `${segment}=`),
      ),
    ).toEqual(malformed)
  })

  test('verify rejects a token with whitespace around it', async () => {
    for (const token of [` ${mint()}`, `${mint()} `, `${mint()}\n`]) {
      expect(await refusalOf(jwt.verify(token))).toEqual(malformed)
    }
  })
})

describe('another text that decodes to the same bytes', () => {
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  /** The same segment with another last character that decodes to the same bytes. */
  const twins = (segment: string) =>
    Array.from(ALPHABET, (letter) => segment.slice(0, -1) + letter).filter(
      (twin) => twin !== segment && Buffer.from(twin, 'base64url').equals(Buffer.from(segment, 'base64url')),
    )

  test('the three other texts of a signature are rejected', async () => {
    const token = mintText(HEADER, PAYLOAD)
    const dot = token.lastIndexOf('.') + 1
    const others = twins(token.slice(dot)).map((signature) => token.slice(0, dot) + signature)
    expect(others).toHaveLength(3)
    for (const other of others) expect(await refusal(jwt, other)).toEqual(malformed)
  })

  test('the other texts of a header and of a payload are rejected, though correctly signed', async () => {
    const header = Buffer.from('{"alg":"HS256" }').toString('base64url')
    const payload = Buffer.from(`${PAYLOAD} `).toString('base64url')
    expect(await call(jwt, sign(`${header}.${payload}`))).toEqual({ exp: EXP })
    expect([twins(header).length, twins(payload).length]).toEqual([15, 15])
    for (const twin of twins(header)) expect(await refusal(jwt, sign(`${twin}.${payload}`))).toEqual(malformed)
    for (const twin of twins(payload)) expect(await refusal(jwt, sign(`${header}.${twin}`))).toEqual(malformed)
  })
})

describe('a token that does not have three parts', () => {
  const [header = '', payload = '', signature = ''] = mintText(HEADER, PAYLOAD).split('.')
  test.each([
    ['the flattened JSON form', JSON.stringify({ protected: header, payload, signature })],
    ['the general JSON form', JSON.stringify({ payload, signatures: [{ protected: header, signature }] })],
    ['a token of five parts', `${header}.${payload}.${signature}.${signature}.${signature}`],
    ['a token of four parts', `${header}.${payload}.${signature}.${signature}`],
    ['a token of two parts', `${header}.${payload}`],
    ['a token of one part', header],
    ['an empty string', ''],
    ['a string of dots', '..'],
    ['a token without a header', `.${payload}.${signature}`],
    ['a token without a payload', `${header}..${signature}`],
  ])('%s is rejected', async (_what, token) => {
    expect(await refusal(jwt, token)).toEqual(malformed)
  })

  test('an encrypted token is rejected', async () => {
    const jwe = Buffer.from('{"alg":"dir","enc":"A256GCM"}').toString('base64url')
    expect(await refusal(jwt, `${jwe}..AAAA.AAAA.AAAA`)).toEqual(malformed)
    expect(await refusal(jwt, mintText('{"alg":"HS256","enc":"none","alg":"dir"}', PAYLOAD))).toEqual(malformed)
  })
})

test.each<[string, unknown]>([
  ['undefined', undefined],
  ['null', null],
  ['a number', 1],
  ['an object', { token: mint() }],
  ['an array that holds a token', [mint()]],
  ['a String object', Object(mint())],
  ['a lone surrogate', '\ud800'],
  ['the name of an inherited property', '__proto__'],
  ['8 KiB of dots', '.'.repeat(8192)],
  ['4 MB', 'A'.repeat(4_000_000)],
])('verify rejects %s', async (_what, token) => {
  expect(await refusalOf(jwt.verify(token as string))).toEqual(malformed)
})
