import type { JWTPayload } from 'jose'
import { LRUCache } from 'lru-cache'

import type { Bearer } from '../bearer/create-context.ts'
import { JwtRejection } from '../outcome/rejection.ts'
import { type SessionStore, STORE_TIMEOUT_MS } from './session-store.ts'

/** How many sessions are believed to be live at once, where `cacheSeconds` lets any be. */
const BELIEVED = 100_000

/** What an accepting side needs of a store. */
export type AskableStore = Pick<SessionStore, 'isLive'>

/** What asking depends on. */
export interface SessionConfig<Store extends AskableStore = AskableStore> {
  readonly store: Store
  /** How long a live session is believed without asking, in seconds. */
  readonly cacheSeconds: number
}

/** Asks whether sessions are live. */
export interface LiveSessions {
  /**
   * Asks for the session of a token. The question is shared among the calls of one HTTP request, and by no others: a call
   * that starts after a revocation was answered must see it. A stream, which asks for nobody's call, is always answered afresh.
   *
   * @throws {JwtRejection} `revoked`, `unavailable`; `invalid_claims` where the token names no subject
   */
  check(payload: JWTPayload, askedBy?: Bearer): Promise<void> | void
  /** Believes a session no longer, or none of them: ended here. A question that is on its way is not believed either. */
  forget(sid?: string): void
}

/** Asks a store, and believes its yes for `cacheSeconds`. */
export function createLiveSessions({ store, cacheSeconds }: SessionConfig, now: () => number): LiveSessions {
  const asked = new WeakMap<Bearer, Promise<void>>()
  const believedUntil = cacheSeconds > 0 ? new LRUCache<string, number>({ max: BELIEVED }) : undefined
  let forgotten = 0

  async function ask(sid: string): Promise<void> {
    const before = forgotten
    const live: unknown = await store.isLive(sid)
    if (live === false) throw new JwtRejection('revoked')
    if (live !== true) throw new JwtRejection('unavailable')
    if (forgotten === before) believedUntil?.set(sid, now() + cacheSeconds)
  }

  return {
    check({ sid, sub }, askedBy) {
      if (typeof sid !== 'string') throw new JwtRejection('revoked')
      if (sub === undefined) throw new JwtRejection('invalid_claims')
      if (askedBy && now() < (believedUntil?.get(sid) ?? 0)) return undefined
      if (!askedBy?.oneRequest) return ask(sid)
      const answer = asked.get(askedBy) ?? ask(sid)
      asked.set(askedBy, answer)
      return answer
    },
    forget(sid) {
      forgotten += 1
      if (sid === undefined) believedUntil?.clear()
      else believedUntil?.delete(sid)
    },
  }
}

/** A store whose every call answers, or is refused as `unavailable`, within 2 seconds: clients queue for a dead server. */
export function boundedStore(store: SessionStore): SessionStore {
  return {
    ...boundedQuestion(store),
    start: (session) => bounded(() => store.start(session)),
    rotate: (sid, generation, graceSeconds) => bounded(() => store.rotate(sid, generation, graceSeconds)),
    end: (sid) => bounded(() => store.end(sid)),
    endAll: (sub, except) => bounded(() => store.endAll(sub, except)),
  }
}

/** The same for a store that is only asked. */
export const boundedQuestion = (store: AskableStore): AskableStore => ({
  isLive: (sid) => bounded(() => store.isLive(sid)),
})

async function bounded<T>(call: () => Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, STORE_TIMEOUT_MS)
  })
  try {
    return await Promise.race([call(), silence])
  } catch {
    throw new JwtRejection('unavailable')
  } finally {
    clearTimeout(timer)
  }
}
