import { unavailable } from '../outcome/rejection.ts'
import { withTimeout } from '../time/timers.ts'
import { STORE_TIMEOUT_MS, type SessionStore } from './session-store.ts'

/** The part of a store that a verifier needs. */
export type SessionLookup = Pick<SessionStore, 'isLive'>

/**
 * Wraps a store so that every call answers or rejects as `unavailable` within 2 seconds. Redis and PostgreSQL clients queue
 * calls for a server that is down, so they would wait for ever.
 */
export const boundedStore = (store: SessionStore): SessionStore => ({
  ...boundedLookup(store),
  start: (session) => bounded(() => store.start(session)),
  rotate: (sid, generation, graceSeconds) => bounded(() => store.rotate(sid, generation, graceSeconds)),
  end: (sid) => bounded(() => store.end(sid)),
  endAll: (sub, except) => bounded(() => store.endAll(sub, except)),
})

/** Wraps the part of a store that a verifier needs in the same way. */
export const boundedLookup = (store: SessionLookup): SessionLookup => ({
  isLive: (sid) => bounded(() => store.isLive(sid)),
})

async function bounded<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await withTimeout(call(), STORE_TIMEOUT_MS)
  } catch (failure) {
    throw unavailable(failure ?? new Error('The session store did not answer in time'))
  }
}
