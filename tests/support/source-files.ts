import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { root } from './pack.ts'

/** Every file of `src`: its path from the root, and its text. */
export const sourceFiles = (): { path: string; text: string }[] =>
  readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ path: join('src', name), text: readFileSync(join(root, 'src', name), 'utf8') }))
