/** Packs the package, and runs the suite in each runtime, and the stock client against its servers. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { install } from './install.ts'
import { runtimes, servers, type Runtime } from './runtimes.ts'
import { serverCases } from './server-cases.ts'
import { startProgram } from './start-program.ts'
import { cases } from './suite.ts'

const work = mkdtempSync(join(tmpdir(), 'runtimes-'))

/** A case that a runtime did not come to has failed; and when all are done, nothing of ours keeps it from ending. */
async function checkRuntime({ name, command }: Runtime): Promise<string[]> {
  const missing = new Set(cases.map((one) => `${name}: ${one.name}`))
  const report: string[] = []
  const { lines, ended } = startProgram(command, work)
  for await (const line of lines) {
    report.push(line)
    missing.delete(/^(?:not )?ok (.*)/.exec(line)?.[1] ?? '')
  }
  const code = await ended
  report.push(code === 0 ? `ok ${name}: ends by itself` : `not ok ${name}: ends by itself\n# exit code ${code}`)
  return [...report, ...[...missing].map((what) => `not ok ${what}\n# it did not run`)]
}

async function checkServer({ name, command }: Runtime): Promise<string[]> {
  const { lines, stop } = startProgram(command, work)
  let port: string | undefined
  for await (const line of lines) {
    port = /^listening on (\d+)$/.exec(line)?.[1]
    break
  }
  const report: string[] = []
  for (const one of serverCases) {
    try {
      if (port === undefined) throw new Error('it did not start')
      await one.run(`http://127.0.0.1:${port}`)
      report.push(`ok ${name}: ${one.name}`)
    } catch (error) {
      report.push(`not ok ${name}: ${one.name}`, `# ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  await stop()
  return report
}

async function timed(what: string, check: () => Promise<string[]>): Promise<void> {
  const started = Date.now()
  const report = await check()
  console.log(`${report.join('\n')}\n# ${what}: ${((Date.now() - started) / 1_000).toFixed(1)} s`)
  if (report.some((line) => line.startsWith('not ok'))) process.exitCode = 1
}

try {
  // Where it fails, every case below does.
  await timed('install', () => install(work).catch((error: unknown) => [`not ok install\n# ${String(error)}`]))
  // Most of the suite's time is waiting for tokens to end: two at a time.
  const queue = runtimes.values()
  const lane = async () => {
    for (const runtime of queue) await timed(runtime.name, () => checkRuntime(runtime))
  }
  await Promise.all([lane(), lane()])
  for (const server of servers) await timed(server.name, () => checkServer(server))
} finally {
  rmSync(work, { recursive: true, force: true })
}
