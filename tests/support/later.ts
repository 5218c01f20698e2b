import { vi } from 'vitest'

/** Lets time pass for the clocks of client and server both, not for timers; `vi.useRealTimers()` undoes it. */
export function passTime(seconds: number): void {
  const now = Date.now() + seconds * 1_000
  vi.useFakeTimers({ toFake: ['Date'], now })
}
