import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'

import { createSessionApi, EXPIRED, INVALID, NOT_AUTHORISED, serveSessionApi, told } from '../support/session-api.ts'

const generationOf = ({ refreshToken }: { refreshToken: string }) => decodeJwt(refreshToken)['generation']

test('each use returns a new refresh token, and the old one is rejected after the grace', async () => {
  const { signIn, refresh, clock } = await serveSessionApi()
  const first = await signIn()
  const second = await refresh(first.refreshToken)
  clock.now += 10
  const third = await refresh(second.refreshToken)
  clock.now += 10

  expect([first, second, third].map(generationOf)).toEqual([0, 1, 2])
  expect(new Set([first, second, third].map(({ refreshToken }) => refreshToken)).size).toBe(3)
  expect(await told(refresh(second.refreshToken))).toBe(NOT_AUTHORISED)
})

test('without a grace the old refresh token is rejected at once', async () => {
  const { signIn, refresh } = await serveSessionApi({ grace: 0 })
  const { refreshToken } = await signIn()
  await refresh(refreshToken)

  expect(await told(refresh(refreshToken))).toBe(NOT_AUTHORISED)
})

test.each([0, 10])('reuse ends the session and its access tokens, with a grace of %d', async (grace) => {
  const { signIn, refresh, visit, clock } = await serveSessionApi({ grace })
  const [stolen, other] = [await signIn(), await signIn()]
  const second = await refresh(stolen.refreshToken)
  clock.now += grace

  expect(await visit(second.token)).toBe('ann is a reader')
  expect(await told(refresh(stolen.refreshToken))).toBe(NOT_AUTHORISED)
  expect([await visit(stolen.token), await visit(second.token)]).toEqual([INVALID, INVALID])
  expect(await told(refresh(second.refreshToken))).toBe(NOT_AUTHORISED)
  expect(await visit(other.token)).toBe('ann is a reader')
})

const createCaller = (options: Parameters<typeof createSessionApi>[0]) => {
  const api = createSessionApi(options)
  return { ...api, caller: api.jwt.tokenRouter.createCaller(api.jwt.createContext()) }
}

describe('50 simultaneous uses of one refresh token, 100 times', () => {
  const all = Array.from({ length: 50 })

  test('within the grace all get the same generation, and earlier ones count as reuse', async () => {
    const { caller, clock, store } = createCaller({ grace: 10 })
    const first = await caller.create({ name: 'ann' })
    let { refreshToken } = first
    for (let generation = 1; generation <= 100; generation += 1) {
      clock.now += 10
      const pairs = await Promise.all(all.map(() => caller.refresh({ refreshToken })))
      expect(new Set(pairs.map(generationOf))).toEqual(new Set([generation]))
      refreshToken = pairs[generation % 50]?.refreshToken ?? ''
    }
    expect(store.size).toBe(1)
    await expect(caller.refresh(first)).rejects.toThrow('Not authorised')
    await expect(caller.refresh({ refreshToken })).rejects.toThrow('Not authorised')
  })

  test('without a grace one use succeeds, and its new refresh token is rejected because the others were reuse', async () => {
    const { caller, store } = createCaller({ grace: 0 })
    for (let round = 1; round <= 100; round += 1) {
      const { refreshToken } = await caller.create({ name: 'ann' })
      const uses = await Promise.allSettled(all.map(() => caller.refresh({ refreshToken })))
      const successors = uses.flatMap((use) => (use.status === 'fulfilled' ? [use.value] : []))
      expect(successors.map(generationOf)).toEqual([1])
      await expect(caller.refresh(successors[0] ?? { refreshToken })).rejects.toThrow('Not authorised')
    }
    expect(store.size).toBe(0)
  })
})

test('reuse is detected until the session would have ended, however often it was renewed', async () => {
  const { signIn, refresh, visit, clock } = await serveSessionApi({ expiresIn: '30d' })
  const first = await signIn()
  let newest = await refresh(first.refreshToken)
  for (let day = 1; day < 30; day += 1) {
    clock.now += 86_400
    newest = await refresh(newest.refreshToken)
  }
  clock.now += 86_399

  expect(await told(refresh(first.refreshToken))).toBe(NOT_AUTHORISED)
  expect(await visit(newest.token)).toBe(EXPIRED)
  expect(await told(refresh(newest.refreshToken))).toBe(NOT_AUTHORISED)
})

test('within the grace the same generation is returned, and after it the use counts as reuse', async () => {
  const { signIn, refresh, visit, clock } = await serveSessionApi({ grace: 10 })
  const { refreshToken } = await signIn()
  const second = await refresh(refreshToken)
  clock.now += 9.999
  const again = [await refresh(refreshToken), await refresh(second.refreshToken)]

  expect([second, ...again].map(generationOf)).toEqual([1, 1, 1])
  expect(await visit((await refresh(again[0]?.refreshToken ?? '')).token)).toBe('ann is a reader')
  clock.now += 0.001
  expect(await told(refresh(refreshToken))).toBe(NOT_AUTHORISED)
  expect(await told(refresh(second.refreshToken))).toBe(NOT_AUTHORISED)
})

test('the grace covers one generation, not two', async () => {
  const { signIn, refresh, clock } = await serveSessionApi({ grace: 10 })
  const first = await signIn()
  const second = await refresh(first.refreshToken)
  clock.now += 10
  const third = await refresh(second.refreshToken)

  expect(await told(refresh(first.refreshToken))).toBe(NOT_AUTHORISED)
  expect(await told(refresh(third.refreshToken))).toBe(NOT_AUTHORISED)
})
