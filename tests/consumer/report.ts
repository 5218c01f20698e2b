/** Prints a line that begins with `ok` or `not ok`, as `.ci/run` counts them; a complaint fails the program. */
export function report(what: string, complaint: string | undefined): void {
  console.log(complaint === undefined ? `ok ${what}` : `not ok ${what}\n${complaint.replaceAll(/^/gm, '    ')}`)
  if (complaint !== undefined) process.exitCode = 1
}
