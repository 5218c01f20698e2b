/** Explores in a process of its own: argv holds the client's module, the exploration as JSON, and maybe the whole client. */
import { explore, type Exploration } from './explore.ts'
import type { CreateSession } from './session.ts'

Error.stackTraceLimit = 3 // stacks are a tenth of the time

const [client = '', exploration = '{}', whole] = process.argv.slice(2)

async function load(module: string): Promise<CreateSession> {
  return ((await import(module)) as { createSession: CreateSession }).createSession
}

process.send?.(
  await explore(await load(client), JSON.parse(exploration) as Exploration, whole ? await load(whole) : undefined),
)
process.disconnect?.()
