import { TRPCError } from '@trpc/server'
import { describe, expect, test } from 'vitest'

import type { RejectionReason } from '../../src/outcome/rejection-reasons.ts'
import { JwtRejection, jwtErrorData, toTRPCError } from '../../src/outcome/rejection.ts'

const invalid = ['UNAUTHORIZED', 'Invalid token', 'invalid'] as const

describe('what a client is told of', () => {
  test.each<[RejectionReason, ...(readonly [code: string, message: string, told: string])]>([
    ['missing', 'UNAUTHORIZED', 'Authentication required', 'missing'],
    ['malformed', ...invalid],
    ['bad_signature', ...invalid],
    ['wrong_type', ...invalid],
    ['expired', 'UNAUTHORIZED', 'Token expired', 'expired'],
    ['not_yet_valid', ...invalid],
    ['wrong_issuer', ...invalid],
    ['wrong_audience', ...invalid],
    ['wrong_subject', ...invalid],
    ['invalid_claims', ...invalid],
    ['revoked', ...invalid],
    ['superseded', 'UNAUTHORIZED', 'Token expired', 'expired'],
    ['too_old', 'UNAUTHORIZED', 'Recent authentication required', 'too_old'],
    ['insufficient_scope', 'FORBIDDEN', 'Insufficient scope', 'insufficient_scope'],
    ['not_authorised', 'UNAUTHORIZED', 'Not authorised', 'not_authorised'],
    ['reused', 'UNAUTHORIZED', 'Not authorised', 'not_authorised'],
    ['unavailable', 'SERVICE_UNAVAILABLE', 'Service unavailable', 'unavailable'],
  ])('%s', (reason, ...[code, message, told]) => {
    const rejection = new JwtRejection(reason)
    const error = toTRPCError(rejection)

    expect(error).toMatchObject({ code, message, stack: `TRPCError: ${message}` })
    expect(error.cause).toBe(rejection)
    expect(jwtErrorData(error)).toEqual({ jwt: { reason: told } })
  })

  test('an error of the app: nothing', () => {
    expect(jwtErrorData(new TRPCError({ code: 'UNAUTHORIZED' }))).toEqual({ jwt: null })
  })
})

test('a rejection tells the server its name, its reason and what was asked for', () => {
  const rejection = new JwtRejection('too_old', { maxAge: 300 })

  expect(String(rejection)).toBe('JwtRejection: Refused: too_old')
  expect([rejection.reason, rejection.maxAge, rejection.scope]).toEqual(['too_old', 300, undefined])
})
