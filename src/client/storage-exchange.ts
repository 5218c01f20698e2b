import { withTimeout } from '../time/timers.ts'
import type { TokenStorage } from './token-storage.ts'

/** After this time a storage that has not answered is done without. */
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
}

/** Reads and writes the entry of a storage. */
export interface StorageExchange {
  /** Settles when a slow storage was read for the first time; undefined after that. */
  readonly loading: Promise<void> | undefined
  /** Whether the storage answers by promises. */
  readonly isSlow: boolean
  /** Reads the entry, and writes another one if need be. Undefined if that is done at once. */
  run(): Promise<void> | undefined
  /** As `run`. If the storage is done without, its former entry is removed. */
  save(): Promise<void> | undefined
}

/** Makes the exchange with a storage. One that throws (private mode, a full quota) or never answers is done without. */
export function createStorageExchange({ storage, key, wasRead }: Dependencies): StorageExchange {
  let used = storage
  let holdsEntry = false
  let pending: Promise<void> | undefined

  function giveUp(): void {
    used = undefined
  }

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

  function bounded(work: Promise<void>): Promise<void> {
    work.then(removeIfGivenUp, () => {}) // what it wrote after it was given up
    return withTimeout(work, STORAGE_TIMEOUT_MS).catch(giveUp)
  }

  /** A slow storage gets one question after another. */
  async function runAfter(earlier: Promise<void>, isSaving: boolean): Promise<void> {
    await earlier
    const store = used
    if (store) await bounded((async () => ask(store, isSaving))())
  }

  function run(isSaving = false): Promise<void> | undefined {
    const earlier = pending
    if (earlier) pending = runAfter(earlier, isSaving)
    else if (used) {
      try {
        const asked = ask(used, isSaving)
        if (asked) pending = bounded(asked)
      } catch {
        giveUp()
      }
    }
    return pending
  }

  /** An entry that can no longer be replaced is removed. */
  async function removeIfGivenUp(): Promise<void> {
    try {
      if (!used) await storage?.removeItem(key)
    } catch {}
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
    save: () => {
      const running = run(true)
      if (running) return running.then(() => void removeIfGivenUp())
      void removeIfGivenUp()
      return undefined
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
