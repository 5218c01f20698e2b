import type { JWTPayload } from 'jose'
import { LRUCache } from 'lru-cache'

import { JwtRejection } from '../outcome/rejection.ts'
import { startStopwatch } from '../time/stopwatch.ts'
import type { SessionLookup } from './bounded-store.ts'

/** How many live sessions are cached at most, if `cacheSeconds` allows any. */
const MAX_CACHED_SESSIONS = 100_000

/** How long after a question the calls of its HTTP request share the answer. */
const SHARED_SECONDS = 1

/** The age of the answer about a session that was found ended: an earlier yes, which may still be on its way, is not cached. */
const ENDED = (): number => Number.POSITIVE_INFINITY

/** What looking up a session depends on. */
export interface SessionConfig<Store extends SessionLookup = SessionLookup> {
  readonly store: Store
  /** How long a live session is cached. */
  readonly cacheSeconds: number
}

/** A call that asks for its session. */
interface Caller {
  /**
   * The HTTP request of the call, as an object whose other calls may share the answer for a second. Undefined if the call has
   * no request of its own: a call that starts after a revocation was answered must see it.
   */
  readonly request: object | undefined
}

/** Looks up whether sessions are live. */
export interface SessionLiveness {
  /**
   * Checks that the session of a token is live.
   *
   * @param caller - who asks; without it, as for a stream, the store is always asked
   * @throws {JwtRejection} `revoked`, `unavailable`; `invalid_claims` if the token has no subject
   */
  check(payload: JWTPayload, caller?: Caller): Promise<void> | void
  /** Removes an ended session from the cache, or all of them. An answer that is on its way is not cached either. */
  evict(sid?: string): void
}

/** A question that was asked for the calls of one request. */
interface SharedQuestion {
  readonly answer: Promise<void>
  readonly ageSeconds: () => number
  /** How many sessions had been ended here before it was asked. */
  readonly evictions: number
}

/** Asks a store, and caches its positive answers for `cacheSeconds`. */
export function createSessionLiveness(
  { store, cacheSeconds }: SessionConfig,
  nowSeconds: () => number,
): SessionLiveness {
  const questions = new WeakMap<object, SharedQuestion>()
  const cacheAges = cacheSeconds > 0 ? new LRUCache<string, () => number>({ max: MAX_CACHED_SESSIONS }) : undefined
  let evictions = 0

  const isCached = (sid: string): boolean => (cacheAges?.get(sid)?.() ?? Number.POSITIVE_INFINITY) < cacheSeconds

  async function ask(sid: string): Promise<void> {
    const evictionsBefore = evictions
    const ageSeconds = startStopwatch(nowSeconds)
    const live: unknown = await store.isLive(sid)
    if (live === false) {
      cacheAges?.set(sid, ENDED)
      throw new JwtRejection('revoked')
    }
    if (live !== true) throw new JwtRejection('unavailable')
    if (evictions === evictionsBefore && cacheAges?.get(sid) !== ENDED) cacheAges?.set(sid, ageSeconds)
  }

  function askForRequest(request: object, sid: string): Promise<void> {
    const earlier = questions.get(request)
    if (earlier && earlier.evictions === evictions && earlier.ageSeconds() < SHARED_SECONDS) return earlier.answer
    const question = { answer: ask(sid), ageSeconds: startStopwatch(nowSeconds), evictions }
    questions.set(request, question)
    return question.answer
  }

  return {
    check({ sid, sub }, caller) {
      if (typeof sid !== 'string') throw new JwtRejection('revoked')
      if (sub === undefined) throw new JwtRejection('invalid_claims')
      if (caller && isCached(sid)) return undefined
      return caller?.request ? askForRequest(caller.request, sid) : ask(sid)
    },
    evict(sid) {
      evictions += 1
      if (sid === undefined) cacheAges?.clear()
      else cacheAges?.delete(sid)
    },
  }
}
