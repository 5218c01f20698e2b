/**
 * Starts a stopwatch. It returns the seconds since its start, by the clock of the instance or by the monotonic clock, whichever
 * says more. If the clock was set back to before the start, nobody knows, and it returns infinity.
 */
export function startStopwatch(nowSeconds: () => number): () => number {
  const startSeconds = nowSeconds()
  const startMs = performance.now()
  return () => {
    const seconds = nowSeconds() - startSeconds
    return seconds >= 0 ? Math.max(seconds, (performance.now() - startMs) / 1_000) : Number.POSITIVE_INFINITY
  }
}
