import { execFileSync } from 'node:child_process'

import { root } from '../support/pack.ts'
import { lowestOf, readManifest } from './install.ts'

/** A release of tRPC's server, and the client that goes with it. */
export interface Pair {
  readonly server: string
  readonly client: string
}

/** The last release of each minor of tRPC that the peer range takes, oldest first; a server without a client gets the one before. */
export function publishedPairs(): Pair[] {
  const { peerDependencies } = readManifest(root)
  const [major, oldest = 0] = numbersOf(lowestOf(peerDependencies['@trpc/server'] ?? ''))
  const inRange = (release: string) => {
    const [itsMajor, minor = 0] = numbersOf(release)
    return itsMajor === major && minor >= oldest
  }
  const clients = lastOfEachMinor(released('@trpc/client').filter(inRange))
  return lastOfEachMinor(released('@trpc/server').filter(inRange)).flatMap((server) => {
    const client = clients.filter((each) => compare(each, server) <= 0).at(-1)
    return client === undefined ? [] : [{ server, client }]
  })
}

function released(name: string): string[] {
  const answer = execFileSync('npm', ['view', name, 'versions', '--json'], { encoding: 'utf8' })
  return (JSON.parse(answer) as string[]).filter((release) => /^\d+\.\d+\.\d+$/.test(release))
}

function lastOfEachMinor(releases: readonly string[]): string[] {
  const last = new Map<string, string>()
  const sorted = [...releases]
  sorted.sort(compare)
  for (const release of sorted) last.set(numbersOf(release).slice(0, 2).join('.'), release)
  return [...last.values()]
}

const numbersOf = (release: string): number[] => release.split('.').map(Number)

function compare(a: string, b: string): number {
  const others = numbersOf(b)
  return (
    numbersOf(a)
      .map((number, i) => number - (others[i] ?? 0))
      .find((difference) => difference !== 0) ?? 0
  )
}
