import { TRPCError } from '@trpc/server'
import { createJwtTrivial, createJwtVerifier, JwtRejection, type RejectionReason } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { PASSPHRASE } from '../support/mint.ts'

const jwt = createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => true })
const { responseMeta } = jwt

const refusal = (reason: RejectionReason, requirement: { scope?: string; maxAge?: number } = {}) => {
  const code = reason === 'insufficient_scope' ? 'FORBIDDEN' : 'UNAUTHORIZED'
  return new TRPCError({ code, cause: new JwtRejection(reason, requirement) })
}

/** All the headers that a response with these errors gets. */
const headersFor = (...errors: TRPCError[]) => [...responseMeta({ errors }).headers]

const challenge = (params = '') => [['www-authenticate', `Bearer realm="trpc"${params}`]]

const infoOf = (...procedures: unknown[]) => ({ calls: procedures.map((procedure) => ({ procedure })) })

describe('the challenge', () => {
  test('names no error where there were no credentials, or where the sign-in was refused', () => {
    expect(headersFor(refusal('missing'))).toEqual(challenge())
    expect(headersFor(refusal('not_authorised'))).toEqual(challenge())
    expect(headersFor(refusal('reused'))).toEqual(challenge())
  })

  test('is invalid_token, and no more, for every fault of a token but its age', () => {
    const reasons: RejectionReason[] = [
      'malformed',
      'bad_signature',
      'wrong_type',
      'not_yet_valid',
      'wrong_issuer',
      'wrong_audience',
      'wrong_subject',
      'invalid_claims',
    ]

    expect(reasons.map((reason) => headersFor(refusal(reason)))).toEqual(
      reasons.map(() => challenge(', error="invalid_token"')),
    )
  })

  test('says so where a token has expired', () => {
    expect(headersFor(refusal('expired'))).toEqual(
      challenge(', error="invalid_token", error_description="The access token expired"'),
    )
  })

  test('tells what is asked for where the scope or the sign-in is not enough', () => {
    expect(headersFor(refusal('insufficient_scope', { scope: 'read write' }))).toEqual(
      challenge(', error="insufficient_scope", scope="read write"'),
    )
    expect(headersFor(refusal('too_old', { maxAge: 300 }))).toEqual(
      challenge(', error="insufficient_user_authentication", max_age="300"'),
    )
  })

  test('is not sent where keys cannot be had, nor for the errors of the app', () => {
    const unavailable = new TRPCError({ code: 'SERVICE_UNAVAILABLE', cause: new JwtRejection('unavailable') })
    const codes = ['FORBIDDEN', 'BAD_REQUEST', 'NOT_FOUND', 'INTERNAL_SERVER_ERROR', 'TOO_MANY_REQUESTS'] as const

    expect(headersFor()).toEqual([])
    expect(headersFor(unavailable, ...codes.map((code) => new TRPCError({ code })))).toEqual([])
  })

  test('has a realm on a 401 that is the app’s own', () => {
    expect(headersFor(new TRPCError({ code: 'UNAUTHORIZED', message: 'No such user' }))).toEqual(challenge())
  })

  test('is that of the first rejection in a batch', () => {
    const app = [new TRPCError({ code: 'NOT_FOUND' }), new TRPCError({ code: 'FORBIDDEN' })]

    expect(headersFor(...app, refusal('expired'), refusal('malformed'))).toEqual(
      challenge(', error="invalid_token", error_description="The access token expired"'),
    )
    expect(headersFor(refusal('missing'), refusal('malformed'))).toEqual(challenge())
  })

  test('is that of the first error that has one', () => {
    const unavailable = new TRPCError({ code: 'SERVICE_UNAVAILABLE', cause: new JwtRejection('unavailable') })

    expect(headersFor(unavailable, new TRPCError({ code: 'UNAUTHORIZED' }))).toEqual(challenge())
  })

  test('is that of the first rejection, where an app’s own 401 came before it', () => {
    expect(headersFor(new TRPCError({ code: 'UNAUTHORIZED' }), refusal('malformed'))).toEqual(
      challenge(', error="invalid_token"'),
    )
  })
})

describe('no-store', () => {
  const { create } = jwt.tokenRouter

  test('marks every answer that a token procedure has a part in', () => {
    expect([...responseMeta({ errors: [], info: infoOf(create) }).headers]).toEqual([['cache-control', 'no-store']])
    expect([...responseMeta({ errors: [], info: infoOf(null, create) }).headers]).toEqual([
      ['cache-control', 'no-store'],
    ])
    expect([...responseMeta({ errors: [refusal('not_authorised')], info: infoOf(create) }).headers]).toEqual([
      ['cache-control', 'no-store'],
      ...challenge(),
    ])
  })

  test('marks no other answer, nor that of a call that tRPC could not find', () => {
    const another = createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => true }).tokenRouter.create

    expect([...responseMeta({ errors: [], info: infoOf(null, undefined, another) }).headers]).toEqual([])
    expect([...responseMeta({ errors: [], info: undefined }).headers]).toEqual([])
  })
})

test('a verifier’s answers get the same challenge', () => {
  const verifier = createJwtVerifier({ passphrase: PASSPHRASE })

  expect([...verifier.responseMeta({ errors: [refusal('malformed')] }).headers]).toEqual(
    challenge(', error="invalid_token"'),
  )
})

test('the headers are the app’s to add to, anew for each response', () => {
  const { headers } = responseMeta({ errors: [] })
  headers.set('x-app', '1')

  expect(headersFor()).toEqual([])
})
