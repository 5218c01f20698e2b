import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { withTimeout } from '../../src/time/timers.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const TIMEOUT = new Error('too late')
const FAILURE = new Error('failed')
const doneAfter = (ms: number) => new Promise<string>((resolve) => setTimeout(() => resolve('done'), ms))
const failedAfter = (ms: number) => new Promise<string>((_, reject) => setTimeout(() => reject(FAILURE), ms))
const inTime = (work: Promise<string>) => withTimeout(work, 100, TIMEOUT)

test('work that is done in time settles as it does, and no timer is left', async () => {
  const settled = Promise.allSettled([inTime(doneAfter(99)), inTime(failedAfter(99))])
  await vi.advanceTimersByTimeAsync(99)

  expect(await settled).toEqual([
    { status: 'fulfilled', value: 'done' },
    { status: 'rejected', reason: FAILURE },
  ])
  expect(vi.getTimerCount()).toBe(0)
})

test('work that takes longer is given up with the error named, whatever becomes of it later', async () => {
  const settled = Promise.allSettled([inTime(doneAfter(101)), inTime(failedAfter(101))])
  await vi.advanceTimersByTimeAsync(200)

  expect(await settled).toEqual([
    { status: 'rejected', reason: TIMEOUT },
    { status: 'rejected', reason: TIMEOUT },
  ])
})
