import { readRejection } from './read-rejection.ts'
import { tokensOf, type Tokens, type TokenStore } from './tokens.ts'

/** How long a lock is kept after writing: other tabs see a change of `localStorage` late. */
const LOCK_HELD_MS = 50
/** How long after the start of a failed renewal no other one starts ahead of time. */
const RETRY_PAUSE_MS = 5_000

/** Asks the server for the next tokens, and returns its answer. */
export type Refresh = (refreshToken: string) => Promise<unknown>

/** Renews the tokens of one user, one renewal at a time. */
export interface Renewal {
  /** Whether the tokens should be renewed before they are used again. */
  isDue(): boolean
  /** The renewal in progress. */
  readonly running: Promise<void> | undefined
  /**
   * Renews a token, unless it was renewed already, in this tab or another one. If the server refuses, the user is signed out.
   * Rejects with the error of the server.
   */
  renew(used: string, refresh: Refresh): Promise<void>
}

/**
 * Makes the renewal of one user's tokens.
 *
 * @param lock - the name of the lock that tabs share; undefined if the tokens are in this tab's memory only
 */
export function createRenewal(store: TokenStore, lock: string | undefined): Renewal {
  let running: Promise<void> | undefined
  let pausedUntil = 0
  const shares = new WeakMap<Tokens, number>()

  /** Earlier than the server asks a socket to reconnect (a quarter or 30 s ahead), and not at the same time for all clients. */
  function dueAt(tokens: Tokens): number {
    const { endsAt, lifetime } = tokens
    if (endsAt === null || lifetime === null || tokens.refreshToken === undefined) return Number.POSITIVE_INFINITY
    const share = shares.get(tokens) ?? Math.random()
    shares.set(tokens, share)
    return endsAt - Math.min(lifetime / 3, 45_000) - share * Math.min(lifetime / 20, 15_000)
  }

  async function work(used: string, refresh: Refresh): Promise<void> {
    const tokens = await store.reload()
    if (tokens?.token !== used || tokens.refreshToken === undefined) return
    const startedAt = Date.now()
    try {
      const next = tokensOf(await refresh(tokens.refreshToken))
      if ((await store.reload())?.token === used) await store.set(next)
    } catch (error) {
      if (readRejection(error) === 'sign-out' && store.current?.token === used) await store.set(null)
      else pausedUntil = startedAt + RETRY_PAUSE_MS
      throw error
    }
  }

  return {
    isDue() {
      const tokens = store.current
      return tokens !== null && Date.now() >= Math.max(dueAt(tokens), pausedUntil)
    },
    get running() {
      return running
    },
    renew(used, refresh) {
      running ??= underLock(lock, () => work(used, refresh)).finally(() => (running = undefined))
      return running
    },
  }
}

/**
 * In a browser with locks, one tab renews at a time; the others wait, and find the new tokens in the storage. A server has no
 * tabs, and its users must not wait for each other.
 */
function underLock(name: string | undefined, work: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    let begun = false
    const locked = async () => {
      begun = true
      await work().then(resolve, reject)
      await new Promise((settled) => setTimeout(settled, LOCK_HELD_MS))
    }
    const isBrowser = 'window' in globalThis || 'WorkerGlobalScope' in globalThis
    const locks = isBrowser ? (globalThis.navigator?.locks as LockManager | undefined) : undefined
    // A document without an origin of its own, such as a sandboxed frame, gets no locks.
    if (locks && name !== undefined)
      locks.request(`${name}:renewal`, locked).catch(() => (begun ? undefined : locked()))
    else void locked()
  })
}
