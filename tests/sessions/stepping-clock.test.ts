import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { call, invalid, refusal } from '../support/call.ts'
import { createSessionApi, sidOf } from '../support/session-api.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A session that this server has just found live, and that was then ended on another one. */
async function endedElsewhere() {
  const { jwt, store, clock } = createSessionApi({ cacheSeconds: 4 })
  const token = await jwt.createAccessToken({ sub: 'ann', role: 'reader' })
  await call(jwt, token)
  await store.end(sidOf(token))
  return { jwt, token, clock }
}

test('a live session is cached for cacheSeconds by both clocks', async () => {
  const { jwt, token, clock } = await endedElsewhere()
  clock.now += 3.999
  vi.advanceTimersByTime(3_999)

  expect(await call(jwt, token)).toMatchObject({ sub: 'ann' })
})

test.each([
  ['the clock is set back to before the answer', -0.001, 0],
  ['cacheSeconds pass while the clock stands still', 0, 4],
  ['cacheSeconds pass, and the clock is set back meanwhile', 1, 4],
  ['the clock is set forward by cacheSeconds', 4, 0],
])('it is asked for again once %s', async (_what, moved, passed) => {
  const { jwt, token, clock } = await endedElsewhere()
  clock.now += moved
  vi.advanceTimersByTime(passed * 1_000)

  expect(await refusal(jwt, token)).toEqual(invalid('revoked'))
})

test('a no of the store holds, though the clock is then set back to when the session was found live', async () => {
  const { jwt, token, clock } = await endedElsewhere()
  clock.now += 4
  expect(await refusal(jwt, token)).toEqual(invalid('revoked'))
  clock.now -= 4

  expect(await refusal(jwt, token)).toEqual(invalid('revoked'))
})
