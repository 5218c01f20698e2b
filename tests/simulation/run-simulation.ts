/** Simulates tabs, users and a server, and looks whether the client keeps its rules. See `CONTRIBUTING.md`. */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

import { CLIENT, exploreApart } from './explore-apart.ts'
import { replay } from './replay.ts'
import { report } from './report.ts'
import { tryMutations } from './try-mutations.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '4000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    rules: { type: 'string' },
    mutations: { type: 'boolean', default: false },
    survey: { type: 'boolean', default: false },
    replay: { type: 'string' },
  },
})
const PROCESSES = 2
const SECONDS_FOR_ONE = 0.5

const runs = Number(values.runs)
const seed = Number(values.seed)
const only = values.rules?.split(',').map(Number)

if (values.replay !== undefined) await replay(readFileSync(values.replay, 'utf8'))
else if (values.mutations) process.exitCode = (await tryMutations({ runs: Math.min(runs, 1_000), seed, only })) ? 0 : 1
else {
  const each = Math.ceil(runs / PROCESSES)
  const shares = Array.from({ length: PROCESSES }, (_, index) =>
    exploreApart(CLIENT, { runs: each, seed: seed + index, only, survey: values.survey }, 60 + each * SECONDS_FOR_ONE),
  )
  const findings = (await Promise.all(shares)).map((one) => one ?? fail('A process did not end in time.'))
  report(findings)
  process.exitCode = findings.some(({ failures }) => failures.length > 0) ? 1 : 0
}

function fail(message: string): never {
  throw new Error(message)
}
