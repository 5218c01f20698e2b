import { onTestFinished } from 'vitest'

/** Collects the rejections that nobody handles, instead of vitest, until the test ends. */
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
