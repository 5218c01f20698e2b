import { onTestFinished } from 'vitest'

/** Collects unhandled rejections until the test ends. Vitest does not see these. */
export function collectUnhandledRejections(): unknown[] {
  const reasons: unknown[] = []
  const listeners = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', (reason) => reasons.push(reason))
  onTestFinished(() => {
    process.removeAllListeners('unhandledRejection')
    for (const each of listeners) process.on('unhandledRejection', each)
  })
  return reasons
}
