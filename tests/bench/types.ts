import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { asDeveloped, compilersAs, install, versionIn } from '../consumer/install.ts'
import { pack } from '../support/pack.ts'
import { median } from './harness.ts'
import type { Aim, Report } from './report.ts'
import { pairs, writeProject } from './types-project.ts'

const run = promisify(execFile)
const compilers = { typescript: '5.9', 'typescript-native': '7.0.2' }
const guards = pairs.flat()
const ROUNDS = 3

interface Diagnostics {
  readonly instantiations: number
  readonly checkTime: number
}

/** What a compiler has to do for 300 procedures, half of them protected: by the declarations of the tarball, as users have them. */
export async function types(): Promise<Report> {
  const work = mkdtempSync(join(tmpdir(), 'types-'))
  try {
    const complaint = await install(work, {
      'trpc-jwt-trivial': `file:${pack(work).path}`,
      ...asDeveloped('@trpc/client', '@trpc/server', '@types/node', 'zod'),
      ...compilersAs(compilers),
    })
    if (complaint !== undefined) throw new Error(complaint)
    for (const [i, guard] of guards.entries()) writeProject(join(work, `app${i}`), guard)
    return await reportOf(work)
  } finally {
    rmSync(work, { recursive: true })
  }
}

async function reportOf(work: string): Promise<Report> {
  const rows: (string | number)[][] = []
  const aims: Aim[] = []
  for (const compiler of Object.keys(compilers)) {
    const name = `TypeScript ${versionIn(work, compiler)}`
    const found = await measure(work, compiler)
    for (const [i, { instantiations, checkTime }] of found.entries()) {
      const guard = `${guards[i]?.name}, ${name}`
      const byHand = found[i - (i % 2)]?.instantiations ?? NaN
      const ratio = instantiations / byHand
      rows.push([guard, instantiations, ratio.toFixed(3), checkTime])
      if (i % 2 === 1) aims.push({ what: `instantiations, ${guard}`, value: ratio, most: 1.05 })
    }
  }
  return {
    title: 'The types of 300 procedures, half of them protected',
    columns: ['protected by', 'instantiations', 'times those by hand', 'check time, s'],
    rows,
    aims,
  }
}

/** The guards in turns; the count is the same each time, the time is the median. */
async function measure(work: string, compiler: string): Promise<Diagnostics[]> {
  const rounds: Diagnostics[][] = []
  for (let round = 0; round < ROUNDS; round++) {
    const found: Diagnostics[] = []
    for (const i of guards.keys()) found.push(await diagnose(work, compiler, `app${i}`))
    rounds.push(found)
  }
  return guards.map((_, i) => ({
    instantiations: median(rounds.map((found) => found[i]?.instantiations ?? NaN)),
    checkTime: median(rounds.map((found) => found[i]?.checkTime ?? NaN)),
  }))
}

async function diagnose(work: string, compiler: string, project: string): Promise<Diagnostics> {
  // TypeScript 7 checks on several threads, each of which instantiates for itself
  const single = compiler === 'typescript-native' ? ['--singleThreaded'] : []
  const args = [`node_modules/${compiler}/bin/tsc`, '-p', project, '--extendedDiagnostics', ...single]
  const { stdout } = await run('node', args, { cwd: work })
  const figure = (label: string) => Number(new RegExp(`^${label}:\\s+([\\d.]+)`, 'm').exec(stdout)?.[1] ?? NaN)
  return { instantiations: figure('Instantiations'), checkTime: figure('Check time') }
}
