import { withTimeout } from '../time/timers.ts'
import type { TokenStorage } from './token-storage.ts'

/** A storage that has not answered after this time is not used until it answers. */
const STORAGE_TIMEOUT_MS = 5_000

interface Dependencies {
  readonly storage: TokenStorage | undefined
  readonly key: string
  /**
   * Takes over what was read, and returns what to write; undefined for nothing.
   *
   * @param isGone - whether the storage has held an entry that is no longer there
   * @param isSaving - whether there is something new to write
   */
  readonly wasRead: (text: string | null, isGone: boolean, isSaving: boolean) => string | undefined
  /** Called when the entry is removed because it could not be replaced. */
  readonly wasRemoved: () => void
}

/** Reads and writes the entry of a storage. */
export interface StorageExchange {
  /** Settles when a slow storage was read for the first time; undefined after that. */
  readonly loading: Promise<void> | undefined
  /** Whether the storage answers by promises. */
  readonly isSlow: boolean
  /** Reads the entry, and writes another one if need be. Undefined if that is done at once. */
  run(): Promise<void> | undefined
  /** As `run`, with something new to write. */
  save(isSignOut: boolean): Promise<void> | undefined
}

/** Makes the exchange with a storage. What it fails to keep (private mode, a full quota) is kept in memory only. */
export function createStorageExchange({ storage, key, wasRead, wasRemoved }: Dependencies): StorageExchange {
  let holdsEntry = false
  let pending: Promise<void> | undefined
  let isStuck = false

  function ask(store: TokenStorage, isSaving: boolean): Promise<void> | void {
    return andThen(store.getItem(key), (text) => {
      const isGone = holdsEntry && !text
      holdsEntry = Boolean(text)
      const next = wasRead(text, isGone, isSaving)
      if (next === undefined) return undefined
      return andThen(store.setItem(key, next), () =>
        andThen(store.getItem(key), (written) => {
          holdsEntry = Boolean(written)
        }),
      )
    })
  }

  /** An entry that cannot be replaced is removed: a page that opens later would use its old tokens. */
  async function remove(): Promise<void> {
    holdsEntry = false
    wasRemoved()
    try {
      await storage?.removeItem(key)
    } catch {}
  }

  /** Bounds the wait for the storage. After a late answer, the present entry is written. */
  async function bounded(work: Promise<void>, isSaving: boolean): Promise<void> {
    const done = work.catch(() => (isSaving ? remove() : undefined))
    await withTimeout(done, STORAGE_TIMEOUT_MS).catch(() => {
      isStuck = true
      void done.then(() => {
        isStuck = false
        return run(true)
      })
    })
  }

  /** A slow storage gets one question after another. */
  async function runAfter(earlier: Promise<void>, isSaving: boolean): Promise<void> {
    await earlier
    if (storage && !isStuck) await bounded((async () => ask(storage, isSaving))(), isSaving)
  }

  function run(isSaving = false): Promise<void> | undefined {
    if (pending) pending = runAfter(pending, isSaving)
    else if (storage) {
      try {
        const asked = ask(storage, isSaving)
        if (asked) pending = bounded(asked, isSaving)
      } catch {
        if (isSaving) void remove()
      }
    }
    return pending
  }

  let loading = run()
  void loading?.finally(() => (loading = undefined))
  if (storage) {
    globalThis.addEventListener?.('storage', ({ key: changed }) => {
      if (changed === key || changed === null) void run()
    })
  }

  return {
    get loading() {
      return loading
    },
    get isSlow() {
      return pending !== undefined
    },
    run,
    save(isSignOut) {
      if (isSignOut && isStuck) void remove()
      return run(true)
    },
  }
}

/** Goes on at once with a value, and later with the value of a promise. */
function andThen<T>(value: T | Promise<T>, goOn: (value: T) => Promise<void> | void): Promise<void> | void {
  return isPromise(value) ? value.then(goOn) : goOn(value)
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as Promise<T> | null)?.then === 'function'
}
