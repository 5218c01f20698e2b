import { execFileSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'

import { build } from 'esbuild'

import { pack, root } from '../support/pack.ts'

/** Installs the runtimes and the packed package in a folder, and compiles the suite there. Answers what to report of it. */
export async function install(work: string): Promise<string[]> {
  const npm = (...args: string[]) =>
    execFileSync('npm', [...args, '--no-audit', '--no-fund'], { cwd: work, stdio: 'inherit' })
  cpSync(join(root, 'tests/runtimes'), work, { recursive: true })
  npm('ci')
  npm('install', '--no-save', pack(work).path)

  const options = { absWorkingDir: work, outdir: work, bundle: true, format: 'esm', target: 'es2022' } as const
  // What is imported is found by each runtime itself; workerd has no packages.
  const programs = ['run.ts', 'serve-node.ts', 'serve-bun.ts', 'serve-deno.ts']
  await build({ ...options, entryPoints: programs, packages: 'external' })
  await build({ ...options, entryPoints: ['worker.ts'], conditions: ['workerd', 'worker', 'browser'] })
  return ['ok the package and all runtimes can be installed']
}
