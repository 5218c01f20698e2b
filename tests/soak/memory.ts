import { setTimeout as sleep } from 'node:timers/promises'

import type { Life, Server } from './servers.ts'
import type { World } from './world.ts'

/** How far the median of a heap may grow from the first to the last third of a process's life, in MiB. */
export const MOST_GROWTH = 4
/** Shorter lives are no witnesses, in seconds. */
const SHORTEST = 50
/** A process loads and compiles at first, in seconds. */
const WARMING_UP = 8

/** A process that lived long enough, in MiB. */
export interface Growth {
  readonly server: string
  readonly seconds: number
  readonly first: number
  readonly last: number
}

/** Looks at each heap now and then; a process that is dead just now has none. */
export async function watchMemory({ servers, over }: World): Promise<void> {
  while (!over.aborted) {
    for (const server of servers) await sampleIfAlive(server)
    await sleep(2_500, undefined, { signal: over }).catch(() => {})
  }
}

const sampleIfAlive = (server: Server): Promise<void> => server.sample().catch(() => {})

/** How each heap grew. */
export const growths = (lives: readonly Life[]): Growth[] =>
  lives.flatMap(({ server, bornAt, samples }) => {
    const seconds = ((samples.at(-1)?.at ?? bornAt) - bornAt) / 1_000
    if (seconds < SHORTEST) return []
    const between = (from: number, to: number) =>
      median(samples.filter(({ at }) => at >= bornAt + from * 1_000 && at <= bornAt + to * 1_000))
    return [{ server, seconds, first: between(WARMING_UP, seconds / 3), last: between((2 * seconds) / 3, seconds) }]
  })

function median(samples: Life['samples']): number {
  const sizes = samples.map(({ heapUsed }) => heapUsed)
  sizes.sort((a, b) => a - b)
  return (sizes[Math.floor(sizes.length / 2)] ?? NaN) / 2 ** 20
}
