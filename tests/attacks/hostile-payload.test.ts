import { createJwtVerifier, type Outcome } from 'trpc-jwt-trivial'
import { describe, expect, test, vi } from 'vitest'
import * as z from 'zod'

import { call, invalid, refusal, refusalOf } from '../support/call.ts'
import { mint, mintText, PASSPHRASE } from '../support/mint.ts'

const jwt = createJwtVerifier({ passphrase: PASSPHRASE })
const EXP = 9_999_999_999
const HEADER = '{"alg":"HS256"}'
const PAYLOAD = `{"exp":${EXP}}`
const malformed = invalid('malformed')

describe('C8 no claim is read before the signature holds', () => {
  const outcomes: Outcome[] = []
  const seen = vi.fn<() => boolean>(() => true)
  const claims = z.object({}).refine(seen)
  const guarded = createJwtVerifier({
    passphrase: PASSPHRASE,
    issuer: 'i',
    claims,
    retfunc: (one) => void outcomes.push(one),
  })
  const OTHER_PASSPHRASE = PASSPHRASE.toUpperCase()

  test.each<[string, string]>([
    ['is over', '{"exp":1}'],
    ['has no exp', '{}'],
    ['has an exp that is no number', '{"exp":"1"}'],
    ['is of another issuer', `{"exp":${EXP},"iss":"j"}`],
    ['is no JSON', 'exp=1'],
    ['names a subject', `{"exp":${EXP},"iss":"i","sub":"ann","jti":"j","sid":"s"}`],
  ])('C8 of a forged token that %s only the signature is told', async (_what, payload) => {
    outcomes.length = 0
    expect(await refusal(guarded, mintText(HEADER, payload, OTHER_PASSPHRASE))).toEqual(invalid('bad_signature'))
    expect(outcomes).toHaveLength(2)
    expect(outcomes).toContainEqual({ type: 'rejected', reason: 'bad_signature', path: 'whoami' })
    expect(outcomes).toContainEqual({ type: 'rejected', reason: 'bad_signature', path: undefined })
    expect(seen).not.toHaveBeenCalled()
  })
})

describe('C9 every failure is a typed rejection', () => {
  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a number', 1],
    ['an object', { token: mint() }],
    ['a list of a token', [mint()]],
    ['a String object', Object(mint())],
    ['a lone surrogate', '\ud800'],
    ['a name that objects have by nature', '__proto__'],
    ['8 KiB of dots', '.'.repeat(8192)],
    ['4 MB', 'A'.repeat(4_000_000)],
  ])('C9 verify refuses %s', async (_what, token) => {
    expect(await refusalOf(jwt.verify(token as string))).toEqual(malformed)
  })

  const [header, payload, signature] = mintText(HEADER, PAYLOAD).split('.')
  const withSignature = (other: string) => `${header}.${payload}.${other}`
  const ofAnotherHash = mintText('{"alg":"HS512"}', PAYLOAD).replace(/^[^.]+/, String(header))

  test.each([
    ['an empty signature under an empty key', mintText(HEADER, PAYLOAD, '')],
    ['a signature of one byte', withSignature('AA')],
    ['a signature of 4 KiB', withSignature(`${'A'.repeat(4096)}${signature}`)],
    ['a signature of another hash', ofAnotherHash],
  ])('C9 refuses %s', async (_what, token) => {
    expect(await refusal(jwt, token)).toEqual(invalid('bad_signature'))
  })

  test('C9 a claims schema that cannot cope with a claim is a rejection too', async () => {
    const claims = z.object({ sub: z.string().transform((sub) => 'x'.repeat(Number(sub))) })
    const guarded = createJwtVerifier({ passphrase: PASSPHRASE, claims })
    expect(await call(guarded, mint({ sub: '2' }))).toMatchObject({ sub: 'xx' })
    expect(await refusal(guarded, mint({ sub: '-1' }))).toEqual(invalid('invalid_claims'))
  })
})

describe('C10 names that objects have by nature', () => {
  test('C10 in claims reach no prototype', async () => {
    const members =
      '"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"toString":1,"hasOwnProperty":1'
    const claims = await call(jwt, mintText(HEADER, `{"exp":${EXP},${members}}`))
    expect(Object.getPrototypeOf(claims)).toBe(Object.prototype)
    expect(claims['admin']).toBeUndefined()
    expect(Object.hasOwn({}.constructor.prototype as object, 'admin')).toBe(false)
    expect(claims['toString']).toBe(1)
  })

  test('C10 in the header choose nothing', async () => {
    expect(await refusal(jwt, mintText('{"__proto__":{"alg":"HS256"}}', PAYLOAD))).toEqual(malformed)
    expect(await refusal(jwt, mintText('{"alg":"__proto__"}', PAYLOAD))).toEqual(malformed)
  })

  test('C10 in deeper claims stay their own members', async () => {
    const claims = await call(jwt, mintText(HEADER, `{"exp":${EXP},"deep":{"__proto__":{"admin":true}}}`))
    const deep = claims['deep'] as Record<string, unknown>
    expect(Object.getPrototypeOf(deep)).toBe(Object.prototype)
    expect(deep['admin']).toBeUndefined()
  })
})

describe('deeply nested payloads', () => {
  test.each([100, 1_000, 2_900])('of %i lists in lists overflow nothing', async (depth) => {
    const token = mintText(HEADER, `{"exp":${EXP},"deep":${'['.repeat(depth)}${']'.repeat(depth)}}`)
    expect(await call(jwt, token)).toHaveProperty('deep')
  })

  test('of 4,000 lists that never close are no JSON', async () => {
    expect(await refusal(jwt, mintText(HEADER, '['.repeat(4_000)))).toEqual(malformed)
  })

  test('in a header are refused or let through, never a crash', async () => {
    const deep = `${'['.repeat(2_900)}${']'.repeat(2_900)}`
    expect(await call(jwt, mintText(`{"alg":"HS256","x":${deep}}`, PAYLOAD))).toEqual({ exp: EXP })
    expect(await refusal(jwt, mintText(`{"alg":${deep}}`, PAYLOAD))).toEqual(malformed)
  })
})
