import { decodeJwt } from 'jose'
import { expect, test } from 'vitest'

import { serveSessionApi } from '../support/session-api.ts'

const generationOf = ({ refreshToken }: { refreshToken: string }) => decodeJwt(refreshToken)['generation']

test('two renewals within the grace, then a third with the first token: the session stays live', async () => {
  const { signIn, refresh, visit, clock } = await serveSessionApi({ grace: 10 })
  const { refreshToken } = await signIn()
  const one = await refresh(refreshToken)
  clock.now += 3
  const two = await refresh(one.refreshToken)
  clock.now += 3
  const three = await refresh(refreshToken)

  expect([one, two, three].map(generationOf)).toEqual([1, 1, 1])
  expect(await Promise.all([one, two, three].map(({ token }) => visit(token)))).toEqual(
    [one, two, three].map(() => 'ann is a reader'),
  )
  clock.now += 10
  const next = await refresh(two.refreshToken)
  expect(generationOf(next)).toBe(2)
  expect(await visit(next.token)).toBe('ann is a reader')
})
