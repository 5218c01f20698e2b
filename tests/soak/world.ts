import { setTimeout as sleep } from 'node:timers/promises'

import type { Ledger } from './ledger.ts'
import type { Server } from './servers.ts'

/** What everybody who takes part shares. */
export interface World {
  readonly ledger: Ledger
  readonly servers: readonly Server[]
  /** Tells everybody to come to an end. */
  readonly over: AbortSignal
}

/** One of several, at random. */
export function pick<Item>(items: readonly Item[]): Item {
  const item = items[Math.floor(Math.random() * items.length)]
  if (item === undefined) throw new Error('There is none to pick from.')
  return item
}

/** Some time about as long as this, in milliseconds. */
export const about = (milliseconds: number): Promise<void> => sleep(milliseconds * (0.5 + Math.random()))

/** Does something again and again, until the run is over. */
export async function untilOver({ over }: World, pause: number, act: () => Promise<unknown>): Promise<void> {
  while (!over.aborted) {
    await act()
    await about(pause)
  }
}
