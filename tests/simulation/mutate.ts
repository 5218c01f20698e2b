import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { Mutation } from './mutations.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** A copy of the client that was broken on purpose. */
export interface Mutant {
  /** Its module. */
  readonly client: string
  remove(): void
}

/** Copies `src` and breaks the copy. Throws if the text to replace is not there exactly once. */
export function mutate({ file, find, replace }: Mutation): Mutant {
  const folder = mkdtempSync(join(tmpdir(), 'simulation-'))
  cpSync(join(ROOT, 'src'), join(folder, 'src'), { recursive: true })
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const path = join(folder, 'src/client', file)
  const parts = readFileSync(path, 'utf8').split(find)
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${find}`)
  writeFileSync(path, parts.join(replace))
  return { client: join(folder, 'src/client.ts'), remove: () => rmSync(folder, { recursive: true }) }
}
