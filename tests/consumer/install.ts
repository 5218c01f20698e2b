import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { root } from '../support/pack.ts'
import { complaintsOf } from './compile.ts'

/** What these tests read of a package.json. */
export interface Manifest {
  version: string
  exports: Record<string, unknown>
  peerDependencies: Record<string, string>
  devDependencies: Record<string, string>
}

export const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest

/** The release of a package that a folder has. */
export const versionIn = (folder: string, name: string): string =>
  readManifest(join(folder, 'node_modules', name)).version

/** Packages as our own package.json has them. */
export function asDeveloped(...names: readonly string[]): Record<string, string> {
  const { devDependencies } = readManifest(root)
  return Object.fromEntries(names.map((name) => [name, devDependencies[name] ?? '*']))
}

/** What `app` imports beside the package and its peers. */
export const othersOfTheApp = (): Record<string, string> =>
  asDeveloped('@types/node', '@types/pg', 'arktype', 'ioredis', 'pg', 'redis', 'superjson', 'valibot')

/** Several releases of TypeScript, each under a name of its own. */
export const compilersAs = (releases: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(releases).map(([alias, version]) => [alias, `npm:typescript@${version}`]))

/** The lowest release of a range such as `^11.8.0`. */
export function lowestOf(caretRange: string): string {
  const [major, minor = 0, patch = 0] = caretRange.slice(1).split('.')
  return `${major}.${minor}.${patch}`
}

/**
 * Installs packages in a folder, or changes those that are there.
 *
 * @returns what npm has to complain of
 */
export async function install(
  folder: string,
  dependencies: Record<string, string>,
  overrides: object = {},
): Promise<string | undefined> {
  mkdirSync(folder, { recursive: true })
  const manifest = { private: true, type: 'module', dependencies, overrides }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  return complaintsOf('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], folder)
}
