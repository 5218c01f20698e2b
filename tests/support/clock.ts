/** A clock that stands still until a test moves it, in seconds since 1970. */
export function standingClock(now = 1_800_000_000) {
  const clock = { now, read: () => new Date(Math.round(clock.now * 1000)) }
  return clock
}

/** A clock that runs with the one of this machine, and ahead of it by the seconds that a test sets. */
export function runningClock() {
  const clock = { ahead: 0, read: () => new Date(Date.now() + clock.ahead * 1_000) }
  return clock
}
