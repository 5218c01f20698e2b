/** Explores in a process of its own: argv holds the client's module and the exploration, as JSON. */
import { explore, type Exploration } from './explore.ts'
import type { CreateSession } from './session.ts'

Error.stackTraceLimit = 3 // stacks are a tenth of the time

const [client = '', exploration = '{}'] = process.argv.slice(2)
const { createSession } = (await import(client)) as { createSession: CreateSession }
process.send?.(await explore(createSession, JSON.parse(exploration) as Exploration))
process.disconnect?.()
