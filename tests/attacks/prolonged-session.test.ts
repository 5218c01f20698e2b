import { decodeJwt } from 'jose'
import { expect, test } from 'vitest'

import { clientOf, INVALID, NOT_AUTHORISED, serveSessionApi, told } from '../support/session-api.ts'

test('no renewal moves the end of the session, and no token outlives it', async () => {
  const { signIn, refresh, visit, clock } = await serveSessionApi({ expiresIn: '1h', jwt: { clockTolerance: 60 } })
  const endsAt = clock.now + 3_600
  let tokens = await signIn()
  for (let minutes = 10; minutes < 60; minutes += 10) {
    clock.now += 600
    tokens = await refresh(tokens.refreshToken)
    expect(decodeJwt(tokens.refreshToken).exp).toBe(endsAt)
    expect(decodeJwt(tokens.token).exp).toBeLessThanOrEqual(endsAt)
  }
  clock.now = endsAt - 0.001
  expect(await visit(tokens.token)).toBe('ann is a reader')
  clock.now = endsAt
  expect(await visit(tokens.token)).toBe(INVALID)
  expect(await told(refresh(tokens.refreshToken))).toBe(NOT_AUTHORISED)
})

test('maxAge rejects a token that was just renewed from an old sign-in', async () => {
  const { url, signIn, refresh, clock } = await serveSessionApi()
  const first = await signIn()
  clock.now += 300
  const second = await refresh(first.refreshToken)
  expect(await told(clientOf(url, second.token).recent.query())).toBe('changed')
  clock.now += 1
  const third = await refresh(second.refreshToken)

  expect(await told(clientOf(url, third.token).recent.query())).toBe('UNAUTHORIZED: Recent authentication required')
  expect(await told(clientOf(url, (await signIn()).token).recent.query())).toBe('changed')
})
