import { createJwtTrivial, createJwtVerifier } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { call, callBehind, contextWith, invalid, refusal, refusalOf } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'

const OTHER_PASSPHRASE = 'another horse, another battery, another staple, and 64 bytes too'

test('two instances with two passphrases reject the tokens that the other one issued', async () => {
  const one = createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => true })
  const other = createJwtTrivial({ passphrase: OTHER_PASSPHRASE, authorise: () => true })
  const [ofOne, ofOther] = [await one.createAccessToken({}), await other.createAccessToken({})]
  expect(await refusal(other, ofOne)).toEqual(invalid('bad_signature'))
  expect(await refusal(one, ofOther)).toEqual(invalid('bad_signature'))
})

describe('a token that one instance remembers', () => {
  const token = mint({ aud: 'api', role: 'reader' })
  const options = { passphrase: PASSPHRASE, audience: 'api' }

  test.each([
    ['with another audience', createJwtVerifier({ ...options, audience: 'jobs' }), 'wrong_audience'],
    ['with another issuer', createJwtVerifier({ ...options, issuer: 'https://issuer' }), 'wrong_issuer'],
    ['with another subject', createJwtVerifier({ ...options, subject: 'bob' }), 'wrong_subject'],
    ['with another key', createJwtVerifier({ ...options, passphrase: OTHER_PASSPHRASE }), 'bad_signature'],
    ['with other algorithms', createJwtVerifier({ ...options, algorithms: ['HS512'] }), 'malformed'],
    [
      'with another schema',
      createJwtVerifier({ ...options, claims: z.object({ role: z.literal('writer') }) }),
      'invalid_claims',
    ],
  ] as const)('an instance %s rejects it, and the first one still accepts it', async (_what, other, reason) => {
    const first = createJwtVerifier(options)
    await call(first, token)
    expect(await refusalOf(call(other, token))).toEqual(invalid(reason))
    await call(first, token)
    expect(await refusalOf(call(other, token))).toEqual(invalid(reason))
  })

  test('an instance with another key rejects it within the same request, with the same bearer', async () => {
    const first = createJwtVerifier(options)
    const other = createJwtVerifier({ ...options, passphrase: OTHER_PASSPHRASE })
    const ctx = contextWith(first, token)
    await callBehind(first.protectedProcedure, ctx)
    expect(await refusalOf(callBehind(other.protectedProcedure, ctx))).toEqual(invalid('bad_signature'))
  })

  test('a procedure that requires another audience rejects it', async () => {
    const jwt = createJwtVerifier(options)
    await call(jwt, token)
    const refused = callBehind(jwt.protect({ audience: 'jobs' }), contextWith(jwt, token))
    expect(await refusalOf(refused)).toEqual(invalid('wrong_audience'))
  })
})
