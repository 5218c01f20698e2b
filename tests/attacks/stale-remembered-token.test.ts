import { createJwtVerifier, type JwtVerifierOptions } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { call, callBehind, contextWith, invalid, refusalOf } from '../support/call.ts'
import { standingClock } from '../support/clock.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'
import { countVerifications } from '../support/verifications.ts'

const OTHER_PASSPHRASE = 'another horse, another battery, another staple, and 64 bytes too'
const expired = { reason: 'expired', code: 'UNAUTHORIZED', message: 'Token expired' }

const verifier = (options: JwtVerifierOptions = {}) => createJwtVerifier({ passphrase: PASSPHRASE, ...options })

describe('a remembered token is rejected at the same instant as one that is verified anew', () => {
  test.each([
    ['with iat', {}],
    ['without iat', { iat: undefined }],
    ['with an exp between two seconds', { exp: 1_800_000_060.5 }],
  ])('%s', async (_what, claims) => {
    const clock = standingClock()
    const [warm, verifications] = [verifier({ clock: clock.read }), countVerifications()]
    const payload = { iat: clock.now, exp: clock.now + 60, ...claims }
    const token = mint(payload)
    await call(warm, token)
    for (const instant of [payload.exp - 1, payload.exp - 0.001]) {
      clock.now = instant
      expect(await call(warm, token)).toMatchObject({ sub: 'ann' })
    }
    expect(verifications.count).toBe(1)
    for (const instant of [payload.exp, payload.exp + 0.001, payload.exp + 1_000]) {
      clock.now = instant
      expect(await refusalOf(call(warm, token))).toEqual(expired)
      expect(await refusalOf(call(verifier({ clock: clock.read }), token))).toEqual(expired)
    }
  })

  test('with a clockTolerance', async () => {
    const clock = standingClock()
    const jwt = verifier({ clock: clock.read, clockTolerance: 30 })
    const token = mint({ iat: clock.now, exp: clock.now + 60 })
    clock.now += 89.999
    expect(await call(jwt, token)).toMatchObject({ sub: 'ann' })
    expect(await call(jwt, token)).toMatchObject({ sub: 'ann' })
    clock.now += 0.001
    expect(await refusalOf(call(jwt, token))).toEqual(expired)
  })

  test('within one request, and on a connection that keeps its bearer', async () => {
    const clock = standingClock()
    const jwt = verifier({ clock: clock.read })
    const ctx = contextWith(jwt, mint({ iat: clock.now, exp: clock.now + 60 }))
    clock.now += 59.999
    expect(await callBehind(jwt.protectedProcedure, ctx)).toMatchObject({ sub: 'ann' })
    clock.now += 0.001
    expect(await refusalOf(callBehind(jwt.protectedProcedure, ctx))).toEqual(expired)
  })

  test('if the clock is set back: before nbf, and more than five seconds before iat', async () => {
    const clock = standingClock()
    const start = clock.now
    const jwt = verifier({ clock: clock.read })
    const begun = mint({ iat: start - 100, nbf: start, exp: start + 60 })
    const issued = mint({ iat: start, exp: start + 60 })
    await Promise.all([call(jwt, begun), call(jwt, issued)])
    clock.now = start - 0.001
    expect(await refusalOf(call(jwt, begun))).toEqual(invalid('not_yet_valid'))
    clock.now = start - 5.001
    expect(await refusalOf(call(jwt, issued))).toEqual(invalid('not_yet_valid'))
  })
})

test('an instance without the old passphrase rejects a token that the previous instance remembered', async () => {
  const before = verifier({ passphrase: [OTHER_PASSPHRASE, PASSPHRASE] })
  const token = mint()
  await call(before, token)
  const after = verifier({ passphrase: OTHER_PASSPHRASE })
  expect(await refusalOf(call(after, token))).toEqual(invalid('bad_signature'))
})
