import { createSession, type Session } from 'trpc-jwt-trivial/client'

type Listener = (event: { key: string | null }) => void

/** Devices whose key begins so get no locks, as a sandboxed frame gets none. */
const LOCKLESS = 'lockless'
const held = new Map<string, Promise<unknown>>()

function request(name: string, work: () => Promise<unknown>): Promise<unknown> {
  if (name.startsWith(LOCKLESS)) return Promise.reject(new DOMException('', 'SecurityError'))
  const turn = (held.get(name) ?? Promise.resolve()).then(work)
  const settled = turn.catch(() => {})
  held.set(name, settled)
  return turn
}

/** Gives this process the locks of a browser. */
export function installLocks(): void {
  Object.assign(globalThis, { WorkerGlobalScope: Object })
  Object.defineProperty(globalThis, 'navigator', { value: { locks: { request } }, configurable: true })
}

/** A browser: tabs with one storage. Each hears late of what the others write, as of `localStorage`. */
export function openBrowser(name: string, hasLocks: boolean) {
  const key = `${hasLocks ? 'device' : LOCKLESS}-${name}`
  const entries = new Map<string, string>()
  const listeners: Listener[] = []

  function tell(own: number): void {
    for (const [tab, listener] of listeners.entries()) if (tab !== own) setTimeout(listener, delay(), { key })
  }

  return {
    openTab(): Session {
      const own = listeners.length
      const storage = {
        getItem: (entry: string) => entries.get(entry) ?? null,
        setItem(entry: string, value: string) {
          entries.set(entry, value)
          tell(own)
        },
        removeItem(entry: string) {
          entries.delete(entry)
          tell(own)
        },
      }
      const addEventListener = (_type: string, listener: Listener) => void listeners.push(listener)
      Object.assign(globalThis, { addEventListener })
      try {
        return createSession({ storage, key })
      } finally {
        Reflect.deleteProperty(globalThis, 'addEventListener')
      }
    },
  }
}

/** Most events come soon, and some do not. */
const delay = (): number => Math.random() * (Math.random() < 0.1 ? 1_000 : 30)
