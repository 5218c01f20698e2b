import type { Clock, Zone } from './clock.ts'

/** How the browser's locks behave: as they should, missing, or never granted. */
export type LockMode = 'real' | 'absent' | 'silent'

/** The Web Locks of one browser. */
export interface Locks {
  /** `navigator.locks`. */
  readonly manager: unknown
  /** Frees what a closed tab held. */
  free(zone: Zone): void
}

type Granted = (lock: { name: string; mode: string }) => unknown
interface Options {
  readonly signal?: AbortSignal
  readonly ifAvailable?: boolean
}
interface Claim {
  readonly zone: Zone
  readonly run: () => void
}

/** Makes exclusive locks that the tabs of one browser share. */
export function createLocks(clock: Clock, mode: LockMode): Locks {
  const queues = new Map<string, Claim[]>() // the first one holds the lock

  function leave(name: string, claim: Claim): void {
    const queue = queues.get(name) ?? []
    const place = queue.indexOf(claim)
    if (place === -1) return
    queue.splice(place, 1)
    if (place === 0 && queue[0]) clock.schedule(1, queue[0].zone, queue[0].run)
  }

  function request(name: string, ...rest: [Granted] | [Options, Granted]): Promise<unknown> {
    const { zone } = clock
    const granted = rest.at(-1) as Granted
    const { signal, ifAvailable } = rest.length === 2 ? rest[0] : ({} as Options)
    return new Promise((resolve, reject) => {
      const queue = queues.get(name) ?? []
      queues.set(name, queue)
      let begun = false
      const claim: Claim = {
        zone,
        run: () => {
          if (begun || !queue.includes(claim)) return
          begun = true
          new Promise((done) => done(granted({ name, mode: 'exclusive' })))
            .then(resolve, reject)
            .finally(() => leave(name, claim))
        },
      }
      if (signal?.aborted) return reject(signal.reason as Error)
      signal?.addEventListener('abort', () => {
        if (begun) return
        leave(name, claim)
        reject(signal.reason as Error)
      })
      if (mode === 'silent') return
      if (ifAvailable && queue.length > 0) return resolve(granted(null as never))
      queue.push(claim)
      if (queue.length === 1) clock.schedule(0, zone, claim.run)
    })
  }

  return {
    manager: mode === 'absent' ? undefined : { request },
    free(zone) {
      for (const [name, queue] of queues)
        for (const claim of queue.filter((other) => other.zone === zone)) leave(name, claim)
    },
  }
}
