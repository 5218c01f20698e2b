import { vi } from 'vitest'

/** Lets time pass for the clocks of client and server both, not for timers; `vi.useRealTimers()` undoes it. */
export function passTime(seconds: number): void {
  const now = Date.now() + seconds * 1_000
  vi.useFakeTimers({ toFake: ['Date'], now })
}

/**
 * Sets the clock of the client ahead, and it goes on from there. The server, which asks `new Date()`, keeps its own.
 * `mockRestore()` undoes it.
 */
export function setClockAhead(seconds: number) {
  const { now } = Date
  return vi.spyOn(Date, 'now').mockImplementation(() => now() + seconds * 1_000)
}
