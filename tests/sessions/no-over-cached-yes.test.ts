import { afterEach, expect, test, vi } from 'vitest'

import { call, contextWith, invalid, refusal } from '../support/call.ts'
import { serveSessionApi, INVALID, sidOf } from '../support/session-api.ts'
import { holdAnswer } from '../support/sign-ins.ts'
import { createStreams, endOf } from '../support/streams.ts'

afterEach(() => {
  vi.useRealTimers()
})

test('a no of the store holds for the calls that follow, though a yes that was asked before is answered after it', async () => {
  const { store, signIn, visit } = await serveSessionApi({ cacheSeconds: 600 })
  const { token } = await signIn()
  const { release, asked } = holdAnswer(store, 'isLive')
  const first = visit(token)
  await asked()
  await store.end(sidOf(token)) // as another server does
  expect(await visit(token)).toBe(INVALID)
  release()
  expect(await first).toBe('ann is a reader')

  expect(await visit(token)).toBe(INVALID)
})

test('a call is refused after a stream has ended as revoked, though a yes of before is still cached', async () => {
  vi.useFakeTimers()
  const { jwt, store, router } = createStreams({ cacheSeconds: 3_600 })
  const token = await jwt.createAccessToken({ sub: 'ann' })
  const stream = await router.createCaller(contextWith(jwt, token)).idle()
  const ended = vi.fn<(end: unknown) => void>()
  void endOf(stream).then(ended)
  await vi.advanceTimersByTimeAsync(0)
  await store.endAll('ann') // as another server does
  expect(await call(jwt, token)).toMatchObject({ sub: 'ann' })
  await vi.advanceTimersByTimeAsync(30_001)
  expect(ended.mock.calls).toMatchObject([[{ cause: { reason: 'revoked' } }]])

  expect(await refusal(jwt, token)).toEqual(invalid('revoked'))
})
