import { JwtRejection } from 'trpc-jwt-trivial'
import { expect, test } from 'vitest'

import { EXPIRED, INVALID, startApi } from '../support/rejected-tokens.ts'

test('onError gets a typed reason for each rejected token', async () => {
  const { present, errors } = await startApi()
  for (const tokens of Object.values(INVALID)) for (const token of tokens) await present(token)
  await present(EXPIRED[0] ?? '')
  const reasons = errors.map(({ cause }) => cause instanceof JwtRejection && cause.reason)

  expect(reasons).toEqual([
    ...Object.entries(INVALID).flatMap(([reason, tokens]) => tokens.map(() => reason)),
    'expired',
  ])
})
