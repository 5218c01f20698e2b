import { EventEmitter, on } from 'node:events'

import type { Outcome } from 'trpc-jwt-trivial'

const KEPT = 50

/** An outcome, as the page shows it. It has the subject of the token, never the token. */
export interface SeenOutcome {
  id: number
  type: Outcome['type']
  /** Why a call was rejected, or what ended a session. */
  reason: string | null
  path: string
  sub: string | null
}

function reasonOf(outcome: Outcome): string | null {
  if (outcome.type === 'rejected') return outcome.reason
  return outcome.type === 'ended' ? outcome.by : null
}

/** Keeps the last outcomes that `retfunc` got, in memory. Your app has a log instead. */
export function createOutcomes() {
  const kept: SeenOutcome[] = []
  const events = new EventEmitter<{ seen: [SeenOutcome] }>().setMaxListeners(0)
  let lastId = Date.now() // greater than the ids of an earlier process, for a page that stayed open

  return {
    /** The `retfunc` of an instance. */
    see: (outcome: Outcome): void => {
      const { type, path = '', sub = null } = outcome
      const seen = {
        id: (lastId += 1),
        type,
        reason: reasonOf(outcome),
        path,
        sub,
      }
      kept.push(seen)
      if (kept.length > KEPT) kept.shift()
      events.emit('seen', seen)
    },
    // The kept outcomes after the given one, and all later ones, until the signal is aborted.
    async *watch(afterId: number, signal: AbortSignal | undefined): AsyncGenerator<SeenOutcome, void> {
      const seen = on(events, 'seen', { ...(signal && { signal }) })
      yield* kept.filter(({ id }) => id > afterId)
      for await (const [outcome] of seen as AsyncIterable<[SeenOutcome]>) yield outcome
    },
  }
}

export type Outcomes = ReturnType<typeof createOutcomes>
