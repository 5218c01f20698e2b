import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import type { Exploration, Findings } from './explore.ts'

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url))

/** The client that the repository has. */
export const CLIENT = fileURLToPath(new URL('../../src/client.ts', import.meta.url))

/** Explores in a process of its own, whose globals are nobody else's. Undefined if it does not end in time. */
export async function exploreApart(
  client: string,
  exploration: Exploration,
  seconds: number,
): Promise<Findings | undefined> {
  const child = fork(WORKER, [client, JSON.stringify(exploration), ...(client === CLIENT ? [] : [CLIENT])], {
    execArgv: ['--import', 'tsx'],
  })
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, seconds * 1_000)
  let findings: Findings | undefined
  child.once('message', (message) => (findings = message as Findings))
  await once(child, 'exit')
  clearTimeout(timer)
  if (!findings && !isLate) throw new Error(`The process of seed ${exploration.seed} failed`)
  return findings
}
