/** Calls a function of the app. If it throws, that is reported, and the caller goes on. */
export function callSafely(call: () => void): void {
  try {
    call()
  } catch (error) {
    const report = (globalThis.reportError as typeof reportError | undefined) ?? console.error
    report(error)
  }
}
