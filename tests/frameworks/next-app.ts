import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { root } from '../support/pack.ts'

/** The app as a user has it: a folder with everything installed. */
export interface NextApp {
  /** Builds it, without the passphrase, which a build has no business to know. */
  build: () => Promise<string>
  /** Starts it on a free port. Throws where it does not say within 30 seconds that it is ready. */
  start: (env: Record<string, string>) => Promise<NextServer>
}

/** A server that runs. */
export interface NextServer {
  url: string
  /** What it has printed so far. */
  printed: () => string
  stop: () => Promise<void>
}

/** Copies the app into `folder`, and installs what it names, and the tarball beside it. */
export async function installNextApp(folder: string, tarball: string): Promise<NextApp> {
  cpSync(join(root, 'tests/frameworks/next'), folder, { recursive: true })
  await run(folder, {}, 'npm', 'ci', '--no-audit', '--no-fund')
  await run(folder, {}, 'npm', 'install', '--no-save', '--no-audit', '--no-fund', tarball)
  return {
    build: () => run(folder, {}, ...next('build')),
    start: (env) => start(folder, env),
  }
}

/** Not `npx next`: its child would outlive it. */
const next = (...args: string[]) => [process.execPath, 'node_modules/next/dist/bin/next', ...args] as const

function launch(cwd: string, env: Record<string, string>, [program, ...args]: readonly [string, ...string[]]) {
  const { JWT_PASSPHRASE: _, ...others } = process.env
  const environment = { ...others, NODE_ENV: 'production' as const, NEXT_TELEMETRY_DISABLED: '1', ...env }
  const child = spawn(program, args, { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  const chunks: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => void chunks.push(chunk))
  }
  return { child, printed: () => chunks.join('') }
}

async function run(cwd: string, env: Record<string, string>, ...command: readonly [string, ...string[]]) {
  const { child, printed } = launch(cwd, env, command)
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(printed())
  return printed()
}

async function start(cwd: string, env: Record<string, string>): Promise<NextServer> {
  const { child, printed } = launch(cwd, env, next('start', '--hostname', '127.0.0.1', '--port', '0'))
  const stop = () => end(child)
  for (let waited = 0; waited < 30_000 && child.exitCode === null; waited += 50) {
    const url = /Local: +(http:\S+)[^]*Ready/.exec(printed())?.[1]
    if (url !== undefined) return { url, printed, stop }
    await sleep(50)
  }
  await stop()
  throw new Error(`It did not start:\n${printed()}`)
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
