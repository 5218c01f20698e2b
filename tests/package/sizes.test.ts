import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'

import { root } from '../support/pack.ts'

/** What an entry weighs, in bytes of gzipped, minified code. */
interface Sizes {
  readonly own: number
  readonly withDependencies: number
  readonly withPeers: number
}

const PEERS = ['@trpc/*', 'zod']
const PAGE = join(root, 'docs/size.md')
const TABLE = /^(\| entry \| own \| with dependencies \| with tRPC and zod \|\n\|[- :|]+\|\n)((?:\|.*\n)*)/m
const UPDATE = 'UPDATE_SIZES=1 npx vitest run tests/package/sizes.test.ts'

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: Record<string, unknown> }
const entries = Object.keys(exports).filter((key) => !key.endsWith('.json'))

async function gzipped(entry: string, external: string[]): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'src', `${entry === '.' ? 'index' : entry}.ts`)],
    bundle: true,
    minify: true,
    format: 'esm',
    // which fails where something of Node is imported
    platform: 'browser',
    target: 'es2022',
    external,
    write: false,
  })
  return gzipSync(outputFiles[0]?.contents ?? '').length
}

async function measure(entry: string): Promise<Sizes> {
  return {
    own: await gzipped(entry, [...PEERS, 'jose', 'lru-cache']),
    withDependencies: await gzipped(entry, PEERS),
    withPeers: await gzipped(entry, []),
  }
}

const nameOf = (entry: string): string => `trpc-jwt-trivial${entry.slice(1)}`
const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(1)
const figuresOf = ({ own, withDependencies, withPeers }: Sizes): number[] => [own, withDependencies, withPeers]
const rowOf = (entry: string, sizes: Sizes): string =>
  `| \`${nameOf(entry)}\` | ${figuresOf(sizes).map(kilobytes).join(' | ')} |\n`

/** The figures of the page's table, in kB. */
function committed(): Map<string, number[]> {
  const rows = TABLE.exec(readFileSync(PAGE, 'utf8'))?.[2] ?? ''
  return new Map(
    [...rows.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, name = '', cells = '']) => [
      name,
      cells.split(' | ').map(Number),
    ]),
  )
}

function writeTable(sizes: ReadonlyMap<string, Sizes>): void {
  const rows = [...sizes].map(([entry, its]) => rowOf(entry, its)).join('')
  writeFileSync(PAGE, readFileSync(PAGE, 'utf8').replace(TABLE, `$1${rows}`))
}

/** Which figures differ by more than rounding and a hundredth part explain, and in which direction. */
function changes(entry: string, sizes: Sizes, stated: readonly number[]): string[] {
  const columns = ['own', 'with dependencies', 'with tRPC and zod']
  return figuresOf(sizes).flatMap((bytes, i) => {
    const [is, was] = [bytes / 1000, stated[i] ?? NaN]
    if (Math.abs(is - was) <= Math.max(0.1, was / 100)) return []
    const direction = is < was ? 'shrunk' : 'grown'
    return [
      `${nameOf(entry)}, ${columns[i]}, has ${direction} from ${was} to ${is.toFixed(1)} kB; if it should: ${UPDATE}`,
    ]
  })
}

describe('what an entry adds to a bundle', { timeout: 60_000 }, async () => {
  const sizes = new Map<string, Sizes>()
  for (const entry of entries) sizes.set(entry, await measure(entry))
  if (process.env.UPDATE_SIZES !== undefined) writeTable(sizes)
  const table = committed()

  it.each(entries)('is what docs/size.md says: %s', (entry) => {
    const its = sizes.get(entry) as Sizes
    expect(table.has(nameOf(entry))).toBe(true)
    expect(changes(entry, its, table.get(nameOf(entry)) ?? [])).toEqual([])
  })

  it('is stated of no entry that does not exist', () => {
    expect([...table.keys()]).toEqual(entries.map(nameOf))
  })
})
