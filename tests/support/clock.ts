/** A clock that stands still until a test moves it, in seconds since 1970. */
export function standingClock(now = 1_800_000_000) {
  const clock = { now, read: () => new Date(Math.round(clock.now * 1000)) }
  return clock
}
