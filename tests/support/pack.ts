import { execFileSync } from 'node:child_process'
import { cpSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the package is. */
export const root: string = fileURLToPath(new URL('../..', import.meta.url))

/** A packed package. */
export interface Packed {
  /** Where the tarball lies. */
  path: string
  /** The paths in it, as the package's own. */
  files: string[]
}

/** Builds and packs the package into a folder, as a release would. */
export function pack(folder: string, source: string = root): Packed {
  const report = execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', folder], {
    cwd: source,
    encoding: 'utf8',
  })
  const [packed] = JSON.parse(report) as [{ filename: string; files: { path: string }[] }]
  return { path: join(folder, packed.filename), files: packed.files.map(({ path }) => path) }
}

const PACKED_FROM = [
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'src',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'SECURITY.md',
]

/** The same from a copy in that folder, since a build takes `dist` away from whoever is reading it. */
export function packCopy(folder: string): Packed {
  const copy = join(folder, 'copy')
  for (const name of PACKED_FROM) cpSync(join(root, name), join(copy, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  return pack(folder, copy)
}
