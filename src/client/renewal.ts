import { tokensOf, type Tokens, type TokenStore } from './tokens.ts'

/** How long a lock is kept after writing, in milliseconds: `localStorage` reaches other tabs late. */
const SETTLING = 50
/** How long after its beginning a renewal ahead of time that failed is not tried again, in milliseconds. */
const PAUSE = 5_000

/** Asks the server for the next tokens, and gives whatever it answers. */
export type Refresh = (refreshToken: string) => Promise<unknown>

/** Renews the tokens of one user, one renewal at a time. */
export interface Renewal {
  /** Whether the tokens should be renewed before they are used again. */
  isDue(): boolean
  /** The renewal that is under way. */
  readonly running: Promise<void> | undefined
  /**
   * Renews a token, unless it has been already, here or in another tab. Where the server says no, the user is signed out.
   *
   * Rejects with what the server answered.
   */
  renew(used: string, refresh: Refresh): Promise<void>
}

/** @param lock - names what other tabs share; undefined where nobody shares these tokens */
export function createRenewal(store: TokenStore, lock: string | undefined): Renewal {
  let running: Promise<void> | undefined
  let pausedUntil = 0
  const shares = new WeakMap<Tokens, number>()

  /** Well before the server asks a socket to reconnect, which is a quarter or 30 s ahead; not all clients at once. */
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
      if (isRefusal(error) && store.current?.token === used) await store.set(null)
      else pausedUntil = startedAt + PAUSE
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
 * One tab renews at a time, where the browser has locks; others wait, and find the new tokens in the storage. A server has no
 * tabs: there, the lock would have one user wait for another.
 */
function underLock(name: string | undefined, work: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    let begun = false
    const locked = async () => {
      begun = true
      await work().then(resolve, reject)
      await new Promise((settled) => setTimeout(settled, SETTLING))
    }
    const isBrowser = 'window' in globalThis || 'WorkerGlobalScope' in globalThis
    const locks = isBrowser ? (globalThis.navigator?.locks as LockManager | undefined) : undefined
    // A document without an origin of its own, such as a sandboxed frame, is refused its locks.
    if (locks && name !== undefined)
      locks.request(`${name}:renewal`, locked).catch(() => (begun ? undefined : locked()))
    else void locked()
  })
}

/** The server's fixed text for a session that is over. */
function isRefusal(error: unknown): boolean {
  const { message, data } = error as {
    message?: unknown
    data?: { code?: unknown; jwt?: { reason?: unknown } | null } | null
  }
  if (data?.code !== 'UNAUTHORIZED') return false
  return message === 'Not authorised' || data.jwt?.reason === 'not_authorised'
}
