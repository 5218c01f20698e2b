/** Runs the benchmarks named on the command line, or all of them; `--markdown` prints tables for a document. */
import os from 'node:os'

import { batch } from './batch.ts'
import { claims, passphrases, rememberedTokens } from './growth.ts'
import { http } from './http.ts'
import { inProcess } from './in-process.ts'
import { print, type Report } from './report.ts'
import { types } from './types.ts'

const benchmarks: Record<string, readonly (() => Promise<Report>)[]> = {
  'in-process': [inProcess],
  http: [http],
  batch: [batch],
  growth: [passphrases, claims, rememberedTokens],
  types: [types],
}

const args = process.argv.slice(2)
const named = args.filter((arg) => !arg.startsWith('--'))
console.log(`Node ${process.version}, ${os.availableParallelism()} × ${os.cpus()[0]?.model}, load ${os.loadavg()[0]}`)
for (const name of named.length > 0 ? named : Object.keys(benchmarks)) {
  const parts = benchmarks[name]
  if (!parts) throw new Error(`No benchmark is called ${name}; there are ${Object.keys(benchmarks).join(', ')}.`)
  for (const part of parts) print(await part(), args.includes('--markdown'))
}
