/** After this time a lock is done without. A frozen tab may hold it, and some browsers never answer. */
const LOCK_WAIT_MS = 10_000
/** How long a lock is kept after writing: other tabs see a change of `localStorage` late. */
const LOCK_HELD_MS = 50

/**
 * Does some work in one tab at a time, in a browser with locks. The work is told whether it has the lock. A server has no tabs,
 * and its users must not wait for each other.
 *
 * @param name - the name of the lock; undefined if there is nobody to share with
 */
export function underLock(name: string | undefined, work: (hasLock: boolean) => Promise<void>): Promise<void> {
  if (name === undefined) return work(true)
  const isBrowser = 'window' in globalThis || 'WorkerGlobalScope' in globalThis
  const locks = isBrowser ? (globalThis.navigator?.locks as LockManager | undefined) : undefined
  if (!locks) return work(false)
  return new Promise((resolve, reject) => {
    let hasBegun = false
    function begin(hasLock: boolean): Promise<void> {
      if (hasBegun) return Promise.resolve()
      hasBegun = true
      clearTimeout(timer)
      return work(hasLock).then(resolve, reject)
    }
    const timer = setTimeout(() => void begin(false), LOCK_WAIT_MS)
    const locked = async (): Promise<void> => {
      if (hasBegun) return
      await begin(true)
      await new Promise((settled) => setTimeout(settled, LOCK_HELD_MS))
    }
    // A document without an origin of its own, such as a sandboxed frame, gets no locks.
    void (async () => locks.request(name, locked))().catch(() => begin(false))
  })
}
