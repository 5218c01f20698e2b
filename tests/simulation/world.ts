import { createClock, type Clock, type Zone } from './clock.ts'
import { createLocks, type Locks } from './locks.ts'
import { createNetwork, type Fate, type Network } from './network.ts'
import type { Schedule } from './schedule.ts'
import { createServer, type Server } from './server.ts'
import type { CreateSession } from './session.ts'
import { createSockets, type Sockets } from './sockets.ts'
import { createStorage, type SharedStorage } from './storage.ts'
import { STORAGE_KEY, type Tab } from './tab.ts'
import { createTrace, type Trace } from './trace.ts'

/** All that is there in one schedule. */
export interface World {
  readonly clock: Clock
  readonly trace: Trace
  readonly server: Server
  readonly network: Network
  readonly sockets: Sockets
  readonly storage: SharedStorage
  readonly locks: Locks
  readonly listeners: Map<Zone, ((event: unknown) => void)[]>
  readonly createSession: CreateSession
  readonly tabs: Tab[]
  /** Whether the actions are over, and nobody calls any more. */
  isSettling: boolean
  /** The fates of the calls that the app makes, by their numbers. */
  readonly fates: Map<number, Fate>
}

const FINE: Fate = { out: 1, back: 1, loss: 'none' }

/** Makes the world of a schedule, with no tab in it yet. */
export function createWorld(schedule: Schedule, createSession: CreateSession, settled: () => Promise<void>): World {
  const fates = new Map<number, Fate>()
  let drawn = 0
  const clock = createClock(settled)
  const trace = createTrace()
  const server = createServer({ clock, trace }, schedule.lifetimeSeconds)
  const network = createNetwork({
    clock,
    trace,
    server,
    fateOf: ([first]) => {
      if (first !== undefined) return fates.get(first) ?? FINE
      return schedule.weather[(drawn += 1) % schedule.weather.length] ?? FINE
    },
  })
  return {
    clock,
    trace,
    server,
    network,
    sockets: createSockets({ clock, network, server, latencyMs: schedule.latencyMs, trace }),
    storage: createStorage({ clock, trace }, schedule.storage, STORAGE_KEY),
    locks: createLocks(clock, schedule.locks),
    listeners: new Map(),
    createSession,
    tabs: [],
    isSettling: false,
    fates,
  }
}
