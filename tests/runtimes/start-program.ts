import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** How long a program may take, in milliseconds. */
const TIMEOUT = 60_000

/** Starts a program in a folder; `lines` are what it prints, and end with it; `ended` is its exit code, null if it was killed. */
export function startProgram([program, ...args]: readonly [string, ...string[]], cwd: string) {
  const signal = AbortSignal.timeout(TIMEOUT)
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'], signal, killSignal: 'SIGKILL' })
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      console.log(`# ${error.message}`)
      resolve(null)
    })
    child.once('close', resolve)
  })
  return {
    lines: createInterface({ input: child.stdout }),
    ended,
    stop: () => {
      child.kill()
      return ended
    },
  }
}
