import type { Outcome } from 'trpc-jwt-trivial'
import { createSession } from 'trpc-jwt-trivial/client'
import { expect, test } from 'vitest'

import { ANN, createClientApi, serveClientApi } from '../support/client-api.ts'
import { countUp, follow } from '../support/follow.ts'
import { passTime } from '../support/later.ts'
import { clientOverWebSocket } from '../support/session-clients.ts'

test('a stream starts again when a renewal over its socket takes a role away, and loses no event', async () => {
  const outcomes: Outcome[] = []
  const api = createClientApi({ retfunc: (outcome) => void outcomes.push(outcome) })
  const { address } = await serveClientApi(api)
  const client = clientOverWebSocket(createSession(), address)
  await client.token.create.mutate(ANN)
  const { numbers, errors, unsubscribe } = follow(client)
  await expect.poll(() => numbers.length).toBeGreaterThan(2)
  api.renewal.answer = () => ({ role: 'reader' }) as never
  passTime(870)
  await client.private.query()
  const rejected = () => outcomes.flatMap((outcome) => (outcome.type === 'rejected' ? [outcome.reason] : []))
  await expect.poll(rejected, { timeout: 5_000 }).toEqual(['superseded'])
  const { length } = numbers
  await expect.poll(() => numbers.length, { timeout: 5_000 }).toBeGreaterThan(length + 5)
  unsubscribe()

  expect([errors, numbers]).toEqual([[], countUp(numbers)])
})
