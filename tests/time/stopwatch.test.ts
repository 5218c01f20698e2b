import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { startStopwatch } from '../../src/time/stopwatch.ts'
import { standingClock } from '../support/clock.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

test.each([
  ['neither clock moved', 0, 0, 0],
  ['both clocks moved together', 5, 5, 5],
  ['the clock was set forward', 60, 1, 60],
  ['the clock stands still', 0, 7, 7],
  ['the clock was set back, but not to before the start', 2, 9, 9],
  ['the clock was set back to before the start', -0.001, 1, Number.POSITIVE_INFINITY],
  ['the clock returns no number', Number.NaN, 1, Number.POSITIVE_INFINITY],
])(
  'where %s: %d s by the clock and %d s by the monotonic clock count as %d s',
  (_what, ...[moved, passed, seconds]) => {
    const clock = standingClock(1_000)
    const elapsed = startStopwatch(() => clock.now)
    clock.now += moved
    vi.advanceTimersByTime(passed * 1_000)

    expect(elapsed()).toBeCloseTo(seconds)
  },
)
