import type { NewSession, SessionStore } from './session-store.ts'

const SWEEP_INTERVAL_MS = 60_000

/** Options of `memorySessions`. */
export interface MemorySessionsOptions {
  /** Returns the current time, for tests (the system's). */
  clock?: () => Date
}

/** A store in the memory of one process. */
export interface MemorySessions extends SessionStore {
  /** How many sessions it holds. Sessions that are over are removed within a minute, at the next sign-in. */
  readonly size: number
}

interface Session extends NewSession {
  generation: number
  rotatedAtMs: number
}

/**
 * Keeps sessions in the memory of one process, for one machine and for tests. They end with the process.
 *
 * @example
 * ```ts
 * createJwtTrivial({ passphrase, authorise, sessions: { store: memorySessions(), reauthorise } })
 * ```
 */
export function memorySessions({ clock = () => new Date() }: MemorySessionsOptions = {}): MemorySessions {
  const sessions = new Map<string, Session>()
  const nowMs = () => clock().getTime()
  let sweptAtMs = nowMs()

  function find(sid: string): Session | undefined {
    const session = sessions.get(sid)
    if (session && session.expiresAt.getTime() > nowMs()) return session
    sessions.delete(sid)
    return undefined
  }

  function sweep(): void {
    if (nowMs() - sweptAtMs < SWEEP_INTERVAL_MS) return
    sweptAtMs = nowMs()
    for (const sid of sessions.keys()) find(sid)
  }

  return {
    get size() {
      return sessions.size
    },
    async start(session) {
      sweep()
      sessions.set(session.sid, { ...session, generation: 0, rotatedAtMs: Number.NEGATIVE_INFINITY })
    },
    async isLive(sid) {
      return find(sid) !== undefined
    },
    async rotate(sid, generation, graceSeconds) {
      const session = find(sid)
      if (!session) return 'ended'
      const age = session.generation - generation
      const inGrace = nowMs() < session.rotatedAtMs + graceSeconds * 1_000
      if (inGrace && (age === 0 || age === 1)) return { generation: session.generation }
      if (age !== 0) {
        sessions.delete(sid)
        return 'reused'
      }
      session.generation += 1
      session.rotatedAtMs = nowMs()
      return { generation: session.generation }
    },
    async end(sid) {
      sessions.delete(sid)
    },
    async endAll(sub, except) {
      for (const [sid, session] of sessions) if (session.sub === sub && sid !== except) sessions.delete(sid)
    },
  }
}
