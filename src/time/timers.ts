/** The longest delay of a timer, in milliseconds. A timer with a longer delay fires at once. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1

/** Settles as `work` does. Rejects with `timeout` after `timeoutMs` milliseconds; the work itself is not cancelled. */
export async function withTimeout<T>(work: Promise<T>, timeoutMs: number, timeout?: Error): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timedOut = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timeout), timeoutMs)
  })
  try {
    return await Promise.race([work, timedOut])
  } finally {
    clearTimeout(timer)
  }
}
