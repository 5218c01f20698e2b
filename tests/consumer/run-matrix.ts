/**
 * Compiles `app` against the tarball, with the last release of each published minor of tRPC and TypeScript 5.7, 5.9, 6 and 7, as
 * NodeNext and as Bundler find modules; what TypeScript 7 made of it must run. Each minor meets each TypeScript, and the two ways
 * take turns, so that either meets every minor and every TypeScript; the oldest and the newest minor have both ways with each,
 * and there the lines of `refused` must be refused, in plain words.
 * One compiler at a time; `npm run matrix -- 5.7 7` takes these only.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { pack, root } from '../support/pack.ts'
import { complaintsOf, differsFromExpected } from './compile.ts'
import { compilersAs, install, othersOfTheApp, readManifest, versionIn } from './install.ts'
import { publishedPairs, type Pair } from './releases.ts'
import { report } from './report.ts'

const work = mkdtempSync(join(tmpdir(), 'matrix-'))
const NATIVE = 'typescript-7'
const compilers = { typescript: '5.7', 'typescript-5.9': '5.9', 'typescript-6': '6', [NATIVE]: '7' }
const ways = { NodeNext: [], Bundler: ['--module', 'ESNext', '--moduleResolution', 'Bundler'] }
type Way = keyof typeof ways

const named = process.argv.slice(2)
const chosen = Object.entries(compilers).flatMap(([alias, release]) =>
  named.length === 0 || named.includes(release) ? [alias] : [],
)

if (chosen.length === 0) throw new TypeError(`Name some of ${Object.values(compilers).join(', ')}`)

const counts = { compiled: 0, failed: 0, lax: 0 }

async function check(
  { server, client }: Pair,
  compiler: string,
  { way, ends }: { way: Way; ends: boolean },
): Promise<void> {
  const tsc = (project: string, ...args: string[]) =>
    complaintsOf(
      'node',
      [`node_modules/${compiler}/bin/tsc`, '-p', `tsconfig.${project}.json`, ...ways[way], ...args],
      work,
    )
  const { complaint, lax } = await compile(tsc)
  counts[complaint === undefined ? 'compiled' : 'failed']++
  if (lax) counts.lax++
  const trpc = server === client ? server : `${server} (client ${client})`
  const combination = `tRPC ${trpc}, TypeScript ${versionIn(work, compiler)}, ${way}`
  report(`${combination}: compiles${lax ? ' with skipLibCheck, which tRPC itself needs there' : ''}`, complaint)
  if (ends) {
    const complaints = (await tsc('refused', ...(lax ? ['--skipLibCheck'] : []))) ?? ''
    report(`${combination}: mistakes are refused`, differsFromExpected(complaints, work, 'refused'))
  }
  if (compiler === NATIVE) report(`${combination}: runs`, await complaintsOf('node', ['out/main.js'], work))
}

/** Strictly, where tRPC alone compiles so; else with `skipLibCheck`. */
async function compile(
  tsc: (project: string, ...args: string[]) => Promise<string | undefined>,
): Promise<{ complaint: string | undefined; lax: boolean }> {
  const lax = (await tsc('trpc-only')) !== undefined
  return { complaint: await tsc('app', ...(lax ? ['--skipLibCheck'] : [])), lax }
}

try {
  cpSync(join(root, 'tests/consumer'), work, { recursive: true })
  const fixed = {
    'trpc-jwt-trivial': `file:${pack(work).path}`,
    zod: readManifest(root).peerDependencies.zod ?? '',
    ...othersOfTheApp(),
    ...compilersAs(compilers),
  }
  const pairs = publishedPairs()
  for (const [i, pair] of pairs.entries()) {
    const trpc = { '@trpc/server': pair.server, '@trpc/client': pair.client }
    // a client pins its server
    const complaint = await install(
      work,
      { ...fixed, ...trpc },
      { '@trpc/client': { '@trpc/server': '$@trpc/server' } },
    )
    if (complaint !== undefined) report(`tRPC ${pair.server}: installs`, complaint)
    const ends = i === 0 || i === pairs.length - 1
    for (const [j, compiler] of chosen.entries()) {
      for (const [k, way] of (['NodeNext', 'Bundler'] as const).entries()) {
        if (complaint === undefined && (ends || (i + j) % 2 === k)) await check(pair, compiler, { way, ends })
      }
    }
  }
} finally {
  rmSync(work, { recursive: true })
}
console.log(
  `${counts.compiled} of ${counts.compiled + counts.failed} combinations compile, ${counts.lax} of them with skipLibCheck; ` +
    `${Math.round(performance.now() / 1000)} s`,
)
