/**
 * Packs the package, installs it as its users do, beside the oldest and the newest tRPC and zod of the peer ranges, and with
 * TypeScript 5.7 and 7: `app` must compile and run, each line of `refused` that says so must not compile.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { pack, root } from '../support/pack.ts'
import { complaintsOf, differsFromExpected } from './compile.ts'
import { compilersAs, install, lowestOf, othersOfTheApp, readManifest, versionIn } from './install.ts'
import { report } from './report.ts'

const here = join(root, 'tests/consumer')
const work = mkdtempSync(join(tmpdir(), 'consumers-'))
const compilers = { typescript: '5.7', 'typescript-native': '7.0.2' }

/** A consumer with both compilers and the given releases of the peers. */
async function prepare(name: string, tarball: string, peers: Record<string, string>): Promise<string | undefined> {
  const folder = join(work, name)
  cpSync(here, folder, { recursive: true })
  const own = { 'trpc-jwt-trivial': `file:${tarball}` }
  const complaint = await install(folder, { ...own, ...peers, ...othersOfTheApp(), ...compilersAs(compilers) })
  if (complaint === undefined) return folder
  report(`consumer with the ${name} peers: installs`, complaint)
  return undefined
}

async function check(folder: string, compiler: string): Promise<void> {
  const [trpc, zod, typescript] = ['@trpc/server', 'zod', compiler].map((name) => versionIn(folder, name))
  const combination = `tRPC ${trpc}, zod ${zod}, TypeScript ${typescript}`
  const tsc = (...args: string[]) => complaintsOf('node', [`node_modules/${compiler}/bin/tsc`, ...args], folder)

  report(`consumer of ${combination}: compiles`, await tsc('-p', 'tsconfig.app.json', '--outDir', `out-${compiler}`))
  report(`consumer of ${combination}: runs`, await complaintsOf('node', [`out-${compiler}/main.js`], folder))
  const complaints = (await tsc('-p', 'tsconfig.refused.json')) ?? ''
  report(`consumer of ${combination}: mistakes are refused`, differsFromExpected(complaints, folder, 'refused'))
}

function unusedExports(): string | undefined {
  const entries = Object.keys(readManifest(root).exports).filter((key) => !key.endsWith('.json'))
  const exported = entries.flatMap((key) => {
    const text = readFileSync(join(root, 'src', `${key === '.' ? 'index' : key}.ts`), 'utf8')
    const lists = [...text.matchAll(/^export (?:type )?\{([^}]+)\}/gm)].flatMap(([, names = '']) => names.split(','))
    const declared = [...text.matchAll(/^export (?:interface|type|function|const) (\w+)/gm)].map(
      ([, name = '']) => name,
    )
    return [...lists.map((name) => name.trim()), ...declared].filter((name) => name !== '')
  })
  const app = readdirSync(join(here, 'app')).map((file) => readFileSync(join(here, 'app', file), 'utf8'))
  const unused = exported.filter((name) => !app.some((text) => new RegExp(`\\b${name}\\b`).test(text)))
  return unused.length > 0 ? unused.join(', ') : undefined
}

try {
  report('consumer uses every export', unusedExports())
  const { path } = pack(work)
  const ranges = Object.entries(readManifest(root).peerDependencies)
  const oldest = Object.fromEntries(ranges.map(([name, range]) => [name, lowestOf(range)]))
  const folders = await Promise.all([
    prepare('oldest', path, oldest),
    prepare('newest', path, Object.fromEntries(ranges)),
  ])
  for (const folder of folders.filter((each) => each !== undefined)) {
    for (const compiler of Object.keys(compilers)) await check(folder, compiler)
  }
} finally {
  rmSync(work, { recursive: true })
}
