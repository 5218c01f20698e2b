import { createJwtVerifier } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { call, invalid, refusal } from '../support/call.ts'
import { mint, mintText, PASSPHRASE } from '../support/mint.ts'

const jwt = createJwtVerifier({ passphrase: PASSPHRASE })
const EXP = 9_999_999_999
const HEADER = '{"alg":"HS256"}'
const PAYLOAD = `{"exp":${EXP}}`
const malformed = invalid('malformed')

describe('a header or payload that is not a JSON object', () => {
  const notUtf8 = Buffer.concat([Buffer.from('{"sub":"'), Buffer.from([0xff]), Buffer.from(`","exp":${EXP}}`)])
  const overlong = Buffer.concat([Buffer.from('{"sub":"'), Buffer.from([0xc0, 0xae]), Buffer.from(`","exp":${EXP}}`)])
  test.each<[string, string | Uint8Array]>([
    ['an array', `[${PAYLOAD}]`],
    ['null', 'null'],
    ['a string', '"claims"'],
    ['a number', '1'],
    ['not JSON', `exp=${EXP}`],
    ['JavaScript', `{exp:${EXP}}`],
    ['JSON with NaN', `{"exp":${EXP},"n":NaN}`],
    ['JSON with a comment', `{"exp":${EXP}/**/}`],
    ['an object followed by more data', `${PAYLOAD}{}`],
    ['an object followed by a NUL', `${PAYLOAD}\0`],
    ['an object after a byte order mark', `\ufeff${PAYLOAD}`],
    ['not UTF-8', notUtf8],
    ['overlong UTF-8', overlong],
    ['UTF-16', Buffer.from(PAYLOAD, 'utf16le')],
    ['cut off', PAYLOAD.slice(0, -1)],
  ])('a correctly signed token is rejected if its payload is %s', async (_what, payload) => {
    expect(await refusal(jwt, mintText(HEADER, payload))).toEqual(malformed)
  })

  test.each<[string, string | Uint8Array]>([
    ['an array', `[${HEADER}]`],
    ['null', 'null'],
    ['not JSON', 'alg=HS256'],
    ['an object followed by more data', `${HEADER}{}`],
    ['an object after a byte order mark', `\ufeff${HEADER}`],
    ['not UTF-8', Buffer.concat([Buffer.from('{"alg":"HS256","x":"'), Buffer.from([0xff]), Buffer.from('"}')])],
    ['cut off', HEADER.slice(0, -1)],
    ['an empty object', '{}'],
  ])('a correctly signed token is rejected if its header is %s', async (_what, header) => {
    expect(await refusal(jwt, mintText(header, PAYLOAD))).toEqual(malformed)
  })

  test('whitespace around the object is accepted, as JSON allows it', async () => {
    expect(await call(jwt, mintText(`\n${HEADER}\t`, ` ${PAYLOAD}\r\n`))).toEqual({ exp: EXP })
  })
})

describe('a member written twice', () => {
  test('the last one counts in the header', async () => {
    expect(await call(jwt, mintText('{"alg":"none","alg":"HS256"}', PAYLOAD))).toEqual({ exp: EXP })
    expect(await refusal(jwt, mintText('{"alg":"HS256","alg":"none"}', PAYLOAD))).toEqual(malformed)
  })

  test('the last one counts in the payload', async () => {
    expect(await call(jwt, mintText(HEADER, `{"exp":1,"sub":"ann","sub":"bob","exp":${EXP}}`))).toEqual({
      sub: 'bob',
      exp: EXP,
    })
    expect(await refusal(jwt, mintText(HEADER, `{"exp":${EXP},"exp":1}`))).toMatchObject({ reason: 'expired' })
  })
})

describe('names of inherited properties', () => {
  test('claims of these names change no prototype', async () => {
    const members =
      '"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"toString":1,"hasOwnProperty":1'
    const claims = await call(jwt, mintText(HEADER, `{"exp":${EXP},${members}}`))
    expect(Object.getPrototypeOf(claims)).toBe(Object.prototype)
    expect(claims['admin']).toBeUndefined()
    expect(Object.hasOwn({}.constructor.prototype as object, 'admin')).toBe(false)
    expect(claims['toString']).toBe(1)
  })

  test('header members of these names are not read as the algorithm', async () => {
    expect(await refusal(jwt, mintText('{"__proto__":{"alg":"HS256"}}', PAYLOAD))).toEqual(malformed)
    expect(await refusal(jwt, mintText('{"alg":"__proto__"}', PAYLOAD))).toEqual(malformed)
  })

  test('nested claims of these names change no prototype', async () => {
    const claims = await call(jwt, mintText(HEADER, `{"exp":${EXP},"deep":{"__proto__":{"admin":true}}}`))
    const deep = claims['deep'] as Record<string, unknown>
    expect(Object.getPrototypeOf(deep)).toBe(Object.prototype)
    expect(deep['admin']).toBeUndefined()
  })
})

describe('deeply nested payloads', () => {
  test.each([100, 1_000, 2_900])('a claim of %i nested arrays is accepted', async (depth) => {
    const token = mintText(HEADER, `{"exp":${EXP},"deep":${'['.repeat(depth)}${']'.repeat(depth)}}`)
    expect(await call(jwt, token)).toHaveProperty('deep')
  })

  test('4,000 arrays that never close are not JSON', async () => {
    expect(await refusal(jwt, mintText(HEADER, '['.repeat(4_000)))).toEqual(malformed)
  })

  test('a deeply nested header member is ignored, and a deeply nested alg is rejected', async () => {
    const deep = `${'['.repeat(2_900)}${']'.repeat(2_900)}`
    expect(await call(jwt, mintText(`{"alg":"HS256","x":${deep}}`, PAYLOAD))).toEqual({ exp: EXP })
    expect(await refusal(jwt, mintText(`{"alg":${deep}}`, PAYLOAD))).toEqual(malformed)
  })
})

test('a claim that makes the claims schema throw is a rejection', async () => {
  const claims = z.object({ sub: z.string().transform((sub) => 'x'.repeat(Number(sub))) })
  const guarded = createJwtVerifier({ passphrase: PASSPHRASE, claims })
  expect(await call(guarded, mint({ sub: '2' }))).toMatchObject({ sub: 'xx' })
  expect(await refusal(guarded, mint({ sub: '-1' }))).toEqual(invalid('invalid_claims'))
})
