import { createJwtVerifier, type Outcome } from 'trpc-jwt-trivial'
import { describe, expect, test, vi } from 'vitest'
import * as z from 'zod'

import { invalid, refusal } from '../support/call.ts'
import { mintText, PASSPHRASE } from '../support/mint.ts'

const jwt = createJwtVerifier({ passphrase: PASSPHRASE })
const EXP = 9_999_999_999
const HEADER = '{"alg":"HS256"}'
const PAYLOAD = `{"exp":${EXP}}`

const [header, payload, signature] = mintText(HEADER, PAYLOAD).split('.')
const withSignature = (other: string) => `${header}.${payload}.${other}`
const ofAnotherHash = mintText('{"alg":"HS512"}', PAYLOAD).replace(/^[^.]+/, String(header))

test.each([
  ['an HMAC made with an empty key', mintText(HEADER, PAYLOAD, '')],
  ['a signature of one byte', withSignature('AA')],
  ['a signature of 4 KiB', withSignature(`${'A'.repeat(4096)}${signature}`)],
  ['an HMAC of another hash', ofAnotherHash],
])('a token with %s is rejected', async (_what, token) => {
  expect(await refusal(jwt, token)).toEqual(invalid('bad_signature'))
})

describe('no claim is read before the signature is verified', () => {
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
    ['has expired', '{"exp":1}'],
    ['has no exp', '{}'],
    ['has an exp that is not a number', '{"exp":"1"}'],
    ['names another issuer', `{"exp":${EXP},"iss":"j"}`],
    ['is not JSON', 'exp=1'],
    ['names a subject', `{"exp":${EXP},"iss":"i","sub":"ann","jti":"j","sid":"s"}`],
  ])('a forged token that %s is reported as a bad signature and nothing else', async (_what, text) => {
    outcomes.length = 0
    expect(await refusal(guarded, mintText(HEADER, text, OTHER_PASSPHRASE))).toEqual(invalid('bad_signature'))
    expect(outcomes).toHaveLength(2)
    expect(outcomes).toContainEqual({ type: 'rejected', reason: 'bad_signature', path: 'whoami' })
    expect(outcomes).toContainEqual({ type: 'rejected', reason: 'bad_signature', path: undefined })
    expect(seen).not.toHaveBeenCalled()
  })
})
