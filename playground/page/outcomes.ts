import { EventEmitter, on } from 'node:events'

import type { Outcome } from 'trpc-jwt-trivial'

const KEPT = 50

/** An outcome, as the page shows it: whose token it was, never the token. */
export interface SeenOutcome {
  id: number
  type: Outcome['type']
  reason: string | null
  path: string
  sub: string | null
}

/** What `retfunc` has seen lately, in memory: your log. */
export function createOutcomes() {
  const kept: SeenOutcome[] = []
  const events = new EventEmitter<{ seen: [SeenOutcome] }>().setMaxListeners(0)
  let lastId = Date.now() // goes on where a former process stopped, for a page that was open meanwhile

  return {
    /** The `retfunc` of an instance. */
    see: (outcome: Outcome): void => {
      const { type, path = '', sub = null } = outcome
      const seen = {
        id: (lastId += 1),
        type,
        reason: outcome.type === 'rejected' ? outcome.reason : null,
        path,
        sub,
      }
      kept.push(seen)
      if (kept.length > KEPT) kept.shift()
      events.emit('seen', seen)
    },
    // Those after one that are still kept, and those to come, until the signal.
    async *watch(afterId: number, signal: AbortSignal | undefined): AsyncGenerator<SeenOutcome, void> {
      const seen = on(events, 'seen', { ...(signal && { signal }) })
      yield* kept.filter(({ id }) => id > afterId)
      for await (const [outcome] of seen as AsyncIterable<[SeenOutcome]>) yield outcome
    },
  }
}

export type Outcomes = ReturnType<typeof createOutcomes>
