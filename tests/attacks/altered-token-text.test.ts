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

/** Puts the right MAC behind a header and payload that are encoded already, canonical or not. */
const sign = (input: string) => `${input}.${createHmac('sha256', PASSPHRASE).update(input).digest('base64url')}`

/** Replaces one of the three segments; a header or payload that was changed is under a right MAC again. */
function withSegment(index: number, change: (segment: string) => string): string {
  const segments = mintText(HEADER, PAYLOAD).split('.')
  const changed = segments.map((segment, i) => (i === index ? change(segment) : segment))
  return index === 2 ? changed.join('.') : sign(changed.slice(0, 2).join('.'))
}

const inTheMiddle = (text: string) => (segment: string) => segment.slice(0, 8) + text + segment.slice(8)

test('the tokens of these tests are good but for what each test does to them', async () => {
  expect(
    await call(
      jwt,
      withSegment(1, (segment) => segment),
    ),
  ).toEqual({ exp: EXP })
})

describe('C1 letters', () => {
  test.each([
    ['a blank', ' '],
    ['a tab', '\t'],
    ['a line end', '\n'],
    ['a carriage return', '\r\n'],
    ['padding', '='],
    ['a letter of plain base64', '+'],
    ['a slash', '/'],
    ['a percent sign', '%41'],
    ['a letter beyond ASCII', 'é'],
    ['a zero-width blank', '\u200b'],
    ['a NUL', '\0'],
    ['a tilde', '~'],
  ])('C1 refuses %s in any segment', async (_what, text) => {
    expect(await refusal(jwt, withSegment(0, inTheMiddle(text)))).toEqual(malformed)
    expect(await refusal(jwt, withSegment(1, inTheMiddle(text)))).toEqual(malformed)
    expect(await refusal(jwt, withSegment(2, inTheMiddle(text)))).toEqual(malformed)
  })

  test('C1 refuses padding at the end of any segment', async () => {
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

  test('C1 verify refuses blanks around a token', async () => {
    for (const token of [` ${mint()}`, `${mint()} `, `${mint()}\n`]) {
      expect(await refusalOf(jwt.verify(token))).toEqual(malformed)
    }
  })
})

describe('C2 unused bits', () => {
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  /** The texts of other last letters that decode to the same bytes. */
  const twins = (segment: string) =>
    Array.from(ALPHABET, (letter) => segment.slice(0, -1) + letter).filter(
      (twin) => twin !== segment && Buffer.from(twin, 'base64url').equals(Buffer.from(segment, 'base64url')),
    )

  test('C2 refuses the three other texts of a signature', async () => {
    const token = mintText(HEADER, PAYLOAD)
    const dot = token.lastIndexOf('.') + 1
    const others = twins(token.slice(dot)).map((signature) => token.slice(0, dot) + signature)
    expect(others).toHaveLength(3)
    for (const other of others) expect(await refusal(jwt, other)).toEqual(malformed)
  })

  test('C2 refuses them in a header and a payload, under a right MAC', async () => {
    const header = Buffer.from('{"alg":"HS256" }').toString('base64url')
    const payload = Buffer.from(`${PAYLOAD} `).toString('base64url')
    expect(await call(jwt, sign(`${header}.${payload}`))).toEqual({ exp: EXP })
    expect([twins(header).length, twins(payload).length]).toEqual([15, 15])
    for (const twin of twins(header)) expect(await refusal(jwt, sign(`${twin}.${payload}`))).toEqual(malformed)
    for (const twin of twins(payload)) expect(await refusal(jwt, sign(`${header}.${twin}`))).toEqual(malformed)
  })
})

describe('C3 three parts', () => {
  const [header = '', payload = '', signature = ''] = mintText(HEADER, PAYLOAD).split('.')
  test.each([
    ['the flattened JSON form', JSON.stringify({ protected: header, payload, signature })],
    ['the general JSON form', JSON.stringify({ payload, signatures: [{ protected: header, signature }] })],
    ['five parts', `${header}.${payload}.${signature}.${signature}.${signature}`],
    ['four parts', `${header}.${payload}.${signature}.${signature}`],
    ['two parts', `${header}.${payload}`],
    ['one part', header],
    ['nothing', ''],
    ['dots alone', '..'],
    ['no header', `.${payload}.${signature}`],
    ['no payload', `${header}..${signature}`],
  ])('C3 refuses %s', async (_what, token) => {
    expect(await refusal(jwt, token)).toEqual(malformed)
  })

  test('C3 refuses an encrypted token', async () => {
    const jwe = Buffer.from('{"alg":"dir","enc":"A256GCM"}').toString('base64url')
    expect(await refusal(jwt, `${jwe}..AAAA.AAAA.AAAA`)).toEqual(malformed)
    expect(await refusal(jwt, mintText('{"alg":"HS256","enc":"none","alg":"dir"}', PAYLOAD))).toEqual(malformed)
  })
})

describe('C4 C5 extensions', () => {
  test.each([
    ['C4 any crit: of what jose knows', '"crit":["b64"],"b64":true'],
    ['C4 any crit: of what nobody knows', '"crit":["x"],"x":1'],
    ['C4 any crit: of a registered name', '"crit":["exp"],"exp":1'],
    ['C4 any crit: empty', '"crit":[]'],
    ['C4 any crit: null', '"crit":null'],
    ['C4 any crit: no list', '"crit":"x"'],
    ['C5 any b64: false, without crit', '"b64":false'],
    ['C5 any b64: false, with crit', '"b64":false,"crit":["b64"]'],
    ['C5 any b64: true', '"b64":true'],
    ['C5 any b64: null', '"b64":null'],
  ])('%s is refused, under a right MAC', async (_what, members) => {
    expect(await refusal(jwt, mintText(`{"alg":"HS256",${members}}`, PAYLOAD))).toEqual(malformed)
  })

  test('C5 refuses a payload that is not encoded', async () => {
    const header = Buffer.from('{"alg":"HS256","b64":false,"crit":["b64"]}').toString('base64url')
    expect(await refusal(jwt, sign(`${header}.${PAYLOAD}`))).toEqual(malformed)
  })
})

describe('C6 header and payload are JSON objects', () => {
  const notUtf8 = Buffer.concat([Buffer.from('{"sub":"'), Buffer.from([0xff]), Buffer.from(`","exp":${EXP}}`)])
  const overlong = Buffer.concat([Buffer.from('{"sub":"'), Buffer.from([0xc0, 0xae]), Buffer.from(`","exp":${EXP}}`)])
  test.each<[string, string | Uint8Array]>([
    ['a list', `[${PAYLOAD}]`],
    ['null', 'null'],
    ['a text', '"claims"'],
    ['a number', '1'],
    ['no JSON', `exp=${EXP}`],
    ['JavaScript', `{exp:${EXP}}`],
    ['JSON with NaN', `{"exp":${EXP},"n":NaN}`],
    ['JSON with a comment', `{"exp":${EXP}/**/}`],
    ['data behind the object', `${PAYLOAD}{}`],
    ['a NUL behind the object', `${PAYLOAD}\0`],
    ['a byte order mark', `\ufeff${PAYLOAD}`],
    ['no UTF-8', notUtf8],
    ['overlong UTF-8', overlong],
    ['UTF-16', Buffer.from(PAYLOAD, 'utf16le')],
    ['cut off', PAYLOAD.slice(0, -1)],
  ])('C6 refuses a payload that is %s, under a right MAC', async (_what, payload) => {
    expect(await refusal(jwt, mintText(HEADER, payload))).toEqual(malformed)
  })

  test.each<[string, string | Uint8Array]>([
    ['a list', `[${HEADER}]`],
    ['null', 'null'],
    ['no JSON', 'alg=HS256'],
    ['data behind the object', `${HEADER}{}`],
    ['a byte order mark', `\ufeff${HEADER}`],
    ['no UTF-8', Buffer.concat([Buffer.from('{"alg":"HS256","x":"'), Buffer.from([0xff]), Buffer.from('"}')])],
    ['cut off', HEADER.slice(0, -1)],
    ['empty', '{}'],
  ])('C6 refuses a header that is %s, under a right MAC', async (_what, header) => {
    expect(await refusal(jwt, mintText(header, PAYLOAD))).toEqual(malformed)
  })

  test('C6 takes blanks around the object for JSON', async () => {
    expect(await call(jwt, mintText(`\n${HEADER}\t`, ` ${PAYLOAD}\r\n`))).toEqual({ exp: EXP })
  })
})

describe('C7 the last duplicate member counts', () => {
  test('C7 of the header', async () => {
    expect(await call(jwt, mintText('{"alg":"none","alg":"HS256"}', PAYLOAD))).toEqual({ exp: EXP })
    expect(await refusal(jwt, mintText('{"alg":"HS256","alg":"none"}', PAYLOAD))).toEqual(malformed)
  })

  test('C7 of the payload', async () => {
    expect(await call(jwt, mintText(HEADER, `{"exp":1,"sub":"ann","sub":"bob","exp":${EXP}}`))).toEqual({
      sub: 'bob',
      exp: EXP,
    })
    expect(await refusal(jwt, mintText(HEADER, `{"exp":${EXP},"exp":1}`))).toMatchObject({ reason: 'expired' })
  })
})
