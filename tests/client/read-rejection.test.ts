import { TRPCError } from '@trpc/server'
import { describe, expect, test } from 'vitest'

import { readRejection } from '../../src/client/read-rejection.ts'
import { signedIn } from '../support/client-api.ts'
import { passTime } from '../support/later.ts'

/** Ann's token is due, and the app's own `reauthorise` throws in the words of the library. */
async function renewalFails(withErrorData: boolean) {
  const made = await signedIn({ withErrorData })
  made.api.renewal.answer = () => {
    throw new TRPCError({ code: 'UNAUTHORIZED', message: 'Not authorised' })
  }
  passTime(860)
  await made.client.private.query().catch(() => {})
  return made
}

test("an app's own error in the words of the library does not sign out, if the app sends reasons", async () => {
  const { session, client, api } = await renewalFails(true)
  expect(session.signedIn).toBe(true)

  api.renewal.answer = () => true
  passTime(30)
  expect(await client.private.query()).toBe('Your token worked, ann.')
  expect(api.timesCalled('token.refresh')).toBe(1)
})

test('the same words sign out, if the app sends no reasons', async () => {
  const { session } = await renewalFails(false)
  expect(session.signedIn).toBe(false)
})

const jwt = (reason: string) => ({ code: 'UNAUTHORIZED', jwt: { reason } })

describe('an error of the server means', () => {
  test.each<[string, unknown, ReturnType<typeof readRejection>]>([
    ['Token expired', { code: 'UNAUTHORIZED' }, 'renew'],
    ['Invalid token', { code: 'UNAUTHORIZED' }, 'renew'],
    ['Not authorised', { code: 'UNAUTHORIZED' }, 'sign-out'],
    ['Authentication required', { code: 'UNAUTHORIZED' }, undefined],
    ['Recent authentication required', { code: 'UNAUTHORIZED' }, undefined],
    ['Token expired', { code: 'FORBIDDEN' }, undefined],
    ['Token expired', null, undefined],
    ['Token expired', { code: 'UNAUTHORIZED', jwt: null }, undefined],
    ['Not authorised', { code: 'UNAUTHORIZED', jwt: null }, undefined],
    ['in words of the app', jwt('expired'), 'renew'],
    ['in words of the app', jwt('invalid'), 'renew'],
    ['in words of the app', jwt('not_authorised'), 'sign-out'],
    ['Token expired', jwt('too_old'), undefined],
    ['Not authorised', jwt('missing'), undefined],
    ['toString', { code: 'UNAUTHORIZED' }, undefined],
  ])('%s, with data %j: %s', (message, data, meaning) => {
    expect(readRejection({ message, data })).toBe(meaning)
  })
})
