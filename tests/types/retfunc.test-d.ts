import { TRPCError } from '@trpc/server'
import { createJwtVerifier, type Outcome, type RejectionReason } from 'trpc-jwt-trivial'
import { describe, expectTypeOf, test } from 'vitest'

const passphrase = 'x'

describe('retfunc', () => {
  test('may return nothing, or an error', () => {
    createJwtVerifier({ passphrase, retfunc: () => {} })
    createJwtVerifier({ passphrase, retfunc: ({ type }) => (type === 'rejected' ? refusal : undefined) })
  })

  test('may not return a promise', () => {
    // @ts-expect-error it is not awaited
    createJwtVerifier({ passphrase, retfunc: async () => {} })
    // @ts-expect-error nor is one that it hands on
    createJwtVerifier({ passphrase, retfunc: () => Promise.resolve() })
    // @ts-expect-error not even for one outcome
    createJwtVerifier({ passphrase, retfunc: ({ type }) => (type === 'ended' ? Promise.resolve() : undefined) })
  })
})

describe('an outcome', () => {
  const outcome = {} as Outcome

  test('has what its type says', () => {
    expectTypeOf(outcome.type).toEqualTypeOf<'issued' | 'renewed' | 'accepted' | 'rejected' | 'ended'>()
    if (outcome.type === 'rejected') {
      expectTypeOf(outcome.reason).toEqualTypeOf<RejectionReason>()
      expectTypeOf(outcome.error).toBeUnknown()
    }
    if (outcome.type === 'ended')
      expectTypeOf(outcome.by).toEqualTypeOf<'revoke' | 'reuse' | 'reauthorise' | 'endSession' | 'endSessions'>()
    // @ts-expect-error only an end says who ended it
    expectTypeOf(outcome.by).toBeString()
  })

  test('is read-only', () => {
    // @ts-expect-error the record is not to be changed
    outcome.path = 'other'
  })
})

const refusal = new TRPCError({ code: 'NOT_FOUND' })
