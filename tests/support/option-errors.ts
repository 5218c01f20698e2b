/** The text of the TypeError that making something ends in; undefined if it was made. */
export function messageOf(make: () => unknown): string | undefined {
  try {
    make()
    return undefined
  } catch (error) {
    if (error instanceof TypeError) return error.message
    throw error
  }
}
