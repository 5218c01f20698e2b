import { onTestFinished, vi } from 'vitest'

/** Lets time pass for the clocks of client and server, not for timers. Then both clocks stand still until the test ends. */
export function passTime(seconds: number): void {
  const now = Date.now() + seconds * 1_000
  vi.useFakeTimers({ toFake: ['Date'], now })
  onTestFinished(() => void vi.useRealTimers())
}

/**
 * Sets the clock of the client ahead, until the test ends or calls what this returns. The clock runs on from there.
 * The server asks `new Date()`, and keeps its own clock.
 */
export function setClockAhead(seconds: number): () => void {
  const { now } = Date
  const spy = vi.spyOn(Date, 'now').mockImplementation(() => now() + seconds * 1_000)
  const setBack = () => spy.mockRestore()
  onTestFinished(setBack)
  return setBack
}
