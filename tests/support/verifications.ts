import { onTestFinished, vi } from 'vitest'

/** Counts the signature checks of this process from now on, until the test ends. */
export function countVerifications(): { readonly count: number } {
  const spy = vi.spyOn(crypto.subtle, 'verify')
  onTestFinished(() => spy.mockRestore())
  return {
    get count() {
      return spy.mock.calls.length
    },
  }
}
