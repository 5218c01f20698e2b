import type { NewSession, SessionStore } from './session-store.ts'

const SWEEP_EVERY = 60_000

/** Options of `memorySessions`. */
export interface MemorySessionsOptions {
  /** The time, for tests (the system's). */
  clock?: () => Date
}

/** A store in the memory of one process. */
export interface MemorySessions extends SessionStore {
  /** How many sessions it holds; those that are over go within a minute, at the next sign-in. */
  readonly size: number
}

interface Session extends NewSession {
  generation: number
  rotatedAt: number
}

/** Keeps sessions in the memory of one process: for one machine, and for tests. They end with the process. */
export function memorySessions({ clock = () => new Date() }: MemorySessionsOptions = {}): MemorySessions {
  const sessions = new Map<string, Session>()
  const now = () => clock().getTime()
  let sweptAt = now()

  function find(sid: string): Session | undefined {
    const session = sessions.get(sid)
    if (session && session.expiresAt.getTime() > now()) return session
    sessions.delete(sid)
    return undefined
  }

  function sweep(): void {
    if (now() - sweptAt < SWEEP_EVERY) return
    sweptAt = now()
    for (const sid of sessions.keys()) find(sid)
  }

  return {
    get size() {
      return sessions.size
    },
    async start(session) {
      sweep()
      sessions.set(session.sid, { ...session, generation: 0, rotatedAt: Number.NEGATIVE_INFINITY })
    },
    async isLive(sid) {
      return find(sid) !== undefined
    },
    async rotate(sid, generation, graceSeconds) {
      const session = find(sid)
      if (!session) return 'ended'
      const age = session.generation - generation
      const inGrace = now() < session.rotatedAt + graceSeconds * 1_000
      if (inGrace && (age === 0 || age === 1)) return { generation: session.generation }
      if (age !== 0) {
        sessions.delete(sid)
        return 'reused'
      }
      session.generation += 1
      session.rotatedAt = now()
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
