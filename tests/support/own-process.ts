import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A process that this test started, and that ends with it. */
export interface OwnProcess {
  /** Stops it where it stands, as a machine that hangs. */
  pause(): void
  resume(): void
  /** Ends it on the spot, as a machine that loses power. */
  kill(): Promise<void>
}

/** Starts a process that ends with this one, however that ends. */
export async function startProcess(program: string, args: readonly string[], options: SpawnOptions) {
  const child = spawn(program, args, { stdio: 'ignore', ...options })
  await once(child, 'spawn')
  const guard = spawn('sh', ['-c', 'read -r _; kill -9 "$0"', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.once('exit', () => guard.kill())
  return child
}

/** What a test does to a process. */
export const ownProcess = (child: ChildProcess): OwnProcess => ({
  pause: () => void child.kill('SIGSTOP'),
  resume: () => void child.kill('SIGCONT'),
  kill: () => end(child),
})

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** A loopback port that nobody listens on, and that the system gives to nobody who asks for any. */
export async function freePort(): Promise<number> {
  const port = randomInt(10_000, 32_768)
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return freePort()
  }
  server.close()
  await once(server, 'close')
  return port
}

/** Waits until something holds, for half a minute or as long as given. */
export async function until(what: string, holds: () => Promise<boolean>, seconds: number = 30): Promise<void> {
  const givenUpAt = Date.now() + seconds * 1_000
  while (!(await holds().catch(() => false))) {
    if (Date.now() > givenUpAt) throw new Error(`Waited in vain until ${what}`)
    await sleep(20)
  }
}

/** Says what cannot be tested here. Where `CI` is set that is a failure. */
export function cannotTest(what: string): undefined {
  if (process.env['CI']) throw new Error(`Cannot be tested here: ${what}`)
  console.warn(`Skipped: ${what}`)
  return undefined
}

/** The code of what was thrown, as Node.js and databases have it. */
export const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code
