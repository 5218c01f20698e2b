/** Runs one check, and prints the line that CI counts. */
export async function check(what: string, work: () => unknown): Promise<boolean> {
  try {
    await work()
    console.log(`ok ${what}`)
    return true
  } catch (error) {
    const complaint = error instanceof Error ? error.message : String(error)
    console.log(`not ok ${what}\n${complaint.replaceAll(/^/gm, '    ')}`)
    process.exitCode = 1
    return false
  }
}
