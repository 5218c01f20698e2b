import { expect, test } from 'vitest'

import { bearerClients, tokenOf } from '../support/bearer-clients.ts'
import { createClientApi, serveClientApi, sleep, type ClientApiOptions } from '../support/client-api.ts'
import { unauthorized } from '../support/client-errors.ts'
import { runningClock } from '../support/clock.ts'
import { follow } from '../support/follow.ts'

/** Signs in once and uses the token, which is never renewed, on an open WebSocket and in the header of an SSE stream. */
async function start(options: ClientApiOptions = {}) {
  const api = createClientApi(options)
  const served = await serveClientApi(api)
  return { api, ...bearerClients(served, await tokenOf(api)) }
}

test('each call on an open socket checks the time again', async () => {
  const clock = runningClock()
  const { bySocket } = await start({ clock: clock.read })
  expect(await bySocket.private.query()).toBe('Your token worked, ann.')
  clock.ahead = 901

  await expect(bySocket.private.query()).rejects.toMatchObject(unauthorized('Token expired'))
  await expect(bySocket.slow.mutate()).rejects.toMatchObject(unauthorized('Token expired'))
  expect(await bySocket.hello.query()).toBe('Anyone may call this.')
})

test('each call on an open socket checks the session again', async () => {
  const { api, bySocket } = await start()
  expect(await bySocket.private.query()).toBe('Your token worked, ann.')
  await api.store.endAll('ann')

  await expect(bySocket.private.query()).rejects.toMatchObject(unauthorized('Invalid token'))
  await expect(bySocket.double.query(2)).rejects.toMatchObject(unauthorized('Invalid token'))
})

test.each(['bySocket', 'bySse'] as const)('a running stream ends at exp, %s', { timeout: 8_000 }, async (way) => {
  const made = await start({ expiresIn: 3 })
  const { numbers, errors } = follow(made[way])
  await expect.poll(() => errors, { timeout: 5_000 }).toEqual(['Token expired'])
  const { length } = numbers
  await sleep(300)

  expect(length).toBeGreaterThan(20)
  expect([numbers.length, errors]).toEqual([length, ['Token expired']])
})

test.each(['bySocket', 'bySse'] as const)(
  'a stream without events ends at exp, %s',
  { timeout: 8_000 },
  async (way) => {
    const made = await start({ expiresIn: 2 })
    const errors: unknown[] = []
    made[way].quiet.subscribe(undefined, { onError: (error) => errors.push(error) })

    await expect
      .poll(() => errors, { timeout: 4_000 })
      .toMatchObject([{ message: 'Token expired', data: { code: 'UNAUTHORIZED' } }])
  },
)

test.each(['bySocket', 'bySse'] as const)(
  'a running stream ends with its session, %s',
  { timeout: 8_000 },
  async (way) => {
    const made = await start({ cacheSeconds: 1 })
    const { numbers, errors } = follow(made[way])
    await expect.poll(() => numbers.length).toBeGreaterThan(2)
    await made.api.store.endAll('ann')

    await expect.poll(() => errors, { timeout: 3_000 }).toEqual(['Invalid token'])
  },
)
