import { createJwtTrivial, createJwtVerifier, type Outcome } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { verifyToken } from '../../src/verify/verify-token.ts'
import { call, contextWith, callBehind, invalid, refusal, refusalOf } from '../support/call.ts'
import { mint, mintText, PASSPHRASE } from '../support/mint.ts'

const NOW = 1_800_000_000
const OTHER_PASSPHRASE = 'another horse, another battery, another staple, and 64 bytes too'
const ISSUED = { iat: NOW, exp: NOW + 60 }
const expired = { reason: 'expired', code: 'UNAUTHORIZED', message: 'Token expired' }

/** A verifier whose clock stands `seconds` after the tokens of these tests were issued. */
const verifierAt = (seconds: number, options: Partial<Parameters<typeof createJwtVerifier>[0]> = {}) =>
  createJwtVerifier({ passphrase: PASSPHRASE, clock: () => new Date((NOW + seconds) * 1000), ...options })

describe('a good token', () => {
  test('opens a protected procedure and gives its claims', async () => {
    const jwt = verifierAt(0)
    const token = mint({ ...ISSUED, role: 'reader' })
    expect(await call(jwt, token)).toEqual({ sub: 'ann', ...ISSUED, role: 'reader' })
    expect(await jwt.verify(token)).toEqual({ sub: 'ann', ...ISSUED, role: 'reader' })
  })

  test('needs no claim but exp', async () => {
    const token = mintText('{"alg":"HS256"}', `{"exp":${NOW + 1}}`)
    expect(await call(verifierAt(0), token)).toEqual({ exp: NOW + 1 })
  })

  test('opens nothing once one letter of its payload is another', async () => {
    const [header, payload, signature] = mint({ ...ISSUED, role: 'reader' }).split('.')
    const forged = Buffer.from(String(payload), 'base64url').toString().replace('reader', 'writer')
    const token = `${header}.${Buffer.from(forged).toString('base64url')}.${signature}`
    expect(await refusal(verifierAt(0), token)).toEqual(invalid('bad_signature'))
  })

  test('opens nothing where it is longer than 8 KiB', async () => {
    const spare = 8192 - mint({ ...ISSUED, pad: '' }).length
    const padded = (letters: number) => mint({ ...ISSUED, pad: 'x'.repeat(letters) })
    expect(await call(verifierAt(0), padded(Math.floor((spare * 3) / 4)))).toHaveProperty('pad')
    expect(await refusal(verifierAt(0), padded(spare))).toEqual(invalid('malformed'))
  })

  test('is refused in a context that presents no credentials', async () => {
    expect(await refusalOf(call(verifierAt(0)))).toEqual({
      reason: 'missing',
      code: 'UNAUTHORIZED',
      message: 'Authentication required',
    })
  })
})

describe('exp', () => {
  test('lets a token in until the last millisecond before it', async () => {
    expect(await call(verifierAt(59.999), mint(ISSUED))).toMatchObject({ sub: 'ann' })
  })

  test('refuses a token at the very instant, and after it', async () => {
    expect(await refusal(verifierAt(60), mint(ISSUED))).toEqual(expired)
    expect(await refusal(verifierAt(6000), mint(ISSUED))).toEqual(expired)
  })

  test('counts its fraction of a second', async () => {
    const token = mint({ ...ISSUED, exp: NOW + 60.5 })
    expect(await call(verifierAt(60.499), token)).toMatchObject({ exp: NOW + 60.5 })
    expect(await refusal(verifierAt(60.5), token)).toEqual(expired)
  })

  test('is stretched by the clock tolerance, and no further', async () => {
    expect(await call(verifierAt(89.999, { clockTolerance: 30 }), mint(ISSUED))).toMatchObject({ sub: 'ann' })
    expect(await refusal(verifierAt(90, { clockTolerance: 30 }), mint(ISSUED))).toEqual(expired)
  })

  test('is checked at each call: a bearer that passed is refused once its time is over', async () => {
    let now = NOW
    const jwt = verifierAt(0, { clock: () => new Date(now * 1000) })
    const ctx = contextWith(jwt, mint(ISSUED))
    expect(await callBehind(jwt.protectedProcedure, ctx)).toMatchObject({ sub: 'ann' })
    now = NOW + 60
    expect(await refusalOf(callBehind(jwt.protectedProcedure, ctx))).toEqual(expired)
  })

  test("may be absent only where expiresIn: 'never' is written", async () => {
    const token = mint({ ...ISSUED, exp: undefined })
    expect(await refusal(verifierAt(0), token)).toEqual(invalid('invalid_claims'))
    expect(await call(verifierAt(0, { expiresIn: 'never' }), token)).toEqual({ sub: 'ann', iat: NOW })
  })

  test("still counts where expiresIn: 'never' is written and a token has one", async () => {
    expect(await refusal(verifierAt(60, { expiresIn: 'never' }), mint(ISSUED))).toEqual(expired)
  })
})

describe('nbf', () => {
  const token = mint({ ...ISSUED, nbf: NOW + 20 })

  test('refuses a token before it', async () => {
    expect(await refusal(verifierAt(19.999), token)).toEqual(invalid('not_yet_valid'))
  })

  test('lets a token in at the very instant', async () => {
    expect(await call(verifierAt(20), token)).toMatchObject({ nbf: NOW + 20 })
  })

  test('is brought forward by the clock tolerance, and no further', async () => {
    expect(await call(verifierAt(15, { clockTolerance: 5 }), token)).toMatchObject({ nbf: NOW + 20 })
    expect(await refusal(verifierAt(14.999, { clockTolerance: 5 }), token)).toEqual(invalid('not_yet_valid'))
  })
})

describe('iat', () => {
  test('may be five seconds ahead, and no more', async () => {
    expect(await call(verifierAt(-5), mint(ISSUED))).toMatchObject({ iat: NOW })
    expect(await refusal(verifierAt(-5.001), mint(ISSUED))).toEqual(invalid('not_yet_valid'))
  })

  test('gets no more from the clock tolerance', async () => {
    expect(await refusal(verifierAt(-6, { clockTolerance: 300 }), mint(ISSUED))).toEqual(invalid('not_yet_valid'))
  })
})

test('a clock that gives no time lets nothing in', async () => {
  const jwt = verifierAt(0, { clock: () => new Date(Number.NaN) })
  expect(await refusal(jwt, mint(ISSUED))).toEqual(expired)
})

describe('the header', () => {
  test('may say no typ', async () => {
    expect(await call(verifierAt(0), mint(ISSUED, { header: { typ: undefined } }))).toMatchObject({ sub: 'ann' })
  })

  test.each([
    ['of another kind', 'rt+jwt'],
    ['that only ends in jwt', 'xjwt'],
    ['of another tree', 'text/jwt'],
    ['with a tree amid it', 'japplication/wt'],
    ['that is empty', ''],
    ['that is null', null],
    ['that is a list', ['JWT']],
  ])('must not say a typ %s', async (_what, typ) => {
    expect(await refusal(verifierAt(0), mint(ISSUED, { header: { typ } }))).toEqual(invalid('wrong_type'))
  })

  test('is malformed where it demands what is not understood, whatever its typ', async () => {
    const token = mint(ISSUED, { header: { crit: ['exp'], typ: 'rt+jwt' } })
    expect(await refusal(verifierAt(0), token)).toEqual(invalid('malformed'))
  })

  test('is malformed where the key cannot serve its algorithm', async () => {
    const unfit = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-512' }, false, ['verify'])
    const keys = { algorithms: new Set(['HS256']), find: () => Promise.resolve([unfit]), version: () => 0 }
    await expect(verifyToken(mint(ISSUED), keys)).rejects.toMatchObject({ reason: 'malformed' })
  })

  test('may say what nobody asked for', async () => {
    expect(await call(verifierAt(0), mint(ISSUED, { header: { zip: 'DEF', x: 1 } }))).toMatchObject({ sub: 'ann' })
  })
})

describe('the recipient', () => {
  const jwt = verifierAt(0, { issuer: 'https://issuer', audience: ['api', 'jobs'], subject: 'ann' })
  const good = { ...ISSUED, iss: 'https://issuer', aud: 'api' }

  test('is met by a token that names issuer, audience and subject exactly', async () => {
    expect(await call(jwt, mint(good))).toEqual({ sub: 'ann', ...good })
  })

  test('is met by any audience of the two lists that match', async () => {
    expect(await call(jwt, mint({ ...good, aud: ['mail', 'jobs'] }))).toMatchObject({ aud: ['mail', 'jobs'] })
  })

  test('is missed by a token that speaks of another subject, or of none', async () => {
    expect(await refusal(jwt, mint({ ...good, sub: 'bob' }))).toEqual(invalid('wrong_subject'))
    expect(await refusal(jwt, mint({ ...good, sub: undefined }))).toEqual(invalid('wrong_subject'))
  })

  test('need not be named: a token may name its issuer where none is configured', async () => {
    expect(await call(verifierAt(0), mint({ ...ISSUED, iss: 'https://issuer' }))).toMatchObject({ sub: 'ann' })
  })
})

describe('several passphrases', () => {
  const jwt = verifierAt(0, { passphrase: [PASSPHRASE, OTHER_PASSPHRASE] })

  test('all verify, and the others still refuse', async () => {
    expect(await call(jwt, mint(ISSUED))).toMatchObject({ sub: 'ann' })
    expect(await call(jwt, mint(ISSUED, { passphrase: OTHER_PASSPHRASE }))).toMatchObject({ sub: 'ann' })
    const forged = mint(ISSUED, { passphrase: PASSPHRASE.toUpperCase() })
    expect(await refusal(jwt, forged)).toEqual(invalid('bad_signature'))
  })

  test('the first signs', async () => {
    const issuer = createJwtTrivial({ passphrase: [OTHER_PASSPHRASE, PASSPHRASE], authorise: () => true })
    const token = await issuer.createAccessToken({ sub: 'ann' })
    expect(await createJwtVerifier({ passphrase: OTHER_PASSPHRASE }).verify(token)).toMatchObject({ sub: 'ann' })
    expect(await refusal(createJwtVerifier({ passphrase: PASSPHRASE }), token)).toEqual(invalid('bad_signature'))
  })

  test('a short one serves only the algorithms that it is long enough for', async () => {
    const short = OTHER_PASSPHRASE.slice(0, 39)
    const both = verifierAt(0, { passphrase: [PASSPHRASE, short] })
    const signed = (alg: string) => mint(ISSUED, { header: { alg }, passphrase: short })
    expect(await call(both, signed('HS256'))).toMatchObject({ sub: 'ann' })
    expect(await refusal(both, signed('HS384'))).toEqual(invalid('bad_signature'))
    expect(await refusal(verifierAt(0, { passphrase: short }), signed('HS384'))).toEqual(invalid('malformed'))
  })
})

describe('of several faults the first in the order of checks is told', () => {
  const outcomes: Outcome[] = []
  const jwt = verifierAt(60, { issuer: 'https://issuer', retfunc: (outcome) => void outcomes.push(outcome) })

  test('the signature before the times', async () => {
    const forged = mint(ISSUED, { passphrase: OTHER_PASSPHRASE })
    expect(await refusal(jwt, forged)).toEqual(invalid('bad_signature'))
  })

  test('the times before the recipient', async () => {
    expect(await refusal(jwt, mint(ISSUED))).toEqual(expired)
  })

  test('the header before the signature', async () => {
    const forged = mint(ISSUED, { header: { typ: 'rt+jwt' }, passphrase: OTHER_PASSPHRASE })
    expect(await refusal(jwt, forged)).toEqual(invalid('wrong_type'))
  })

  test('no identity is reported before the signature holds', async () => {
    outcomes.length = 0
    await refusal(jwt, mint(ISSUED, { passphrase: OTHER_PASSPHRASE }))
    await refusal(jwt, mint(ISSUED))
    expect(outcomes.map(({ type, sub }) => [type, sub])).toEqual([
      ['rejected', undefined],
      ['rejected', undefined],
      ['rejected', 'ann'],
      ['rejected', 'ann'],
    ])
  })
})
