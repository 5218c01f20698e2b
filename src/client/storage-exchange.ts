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
   */
  readonly wasRead: (text: string | null, isGone: boolean) => string | undefined
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
  let pending: Promise<unknown> | undefined

  function giveUp(): void {
    used = undefined
  }

  /** An entry that can no longer be replaced is removed. */
  function removeIfGivenUp(): void {
    if (!used) void attempt(() => storage?.removeItem(key))
  }

  function answerTo(text: string | null): string | undefined {
    const isGone = holdsEntry && text === null
    holdsEntry = text !== null
    return wasRead(text, isGone)
  }

  function runFast(store: TokenStorage): Promise<void> | undefined {
    const text = store.getItem(key)
    if (isPromise(text)) return queue(store, text)
    const next = answerTo(text)
    if (next === undefined) return undefined
    const written = store.setItem(key, next)
    if (isPromise(written)) return queue(store, undefined, written)
    holdsEntry = store.getItem(key) === next
    return undefined
  }

  /** A slow storage gets one question after another. */
  function queue(store: TokenStorage, first?: Promise<string | null>, writing?: Promise<unknown>): Promise<void> {
    const earlier = pending
    async function ask(): Promise<void> {
      if (writing) return void (await writing)
      const next = answerTo(await (first ?? store.getItem(key)))
      if (next !== undefined) await store.setItem(key, next)
    }
    const mine = (async () => {
      await earlier
      if (used === store) await withTimeout(ask(), STORAGE_TIMEOUT_MS).catch(giveUp)
    })()
    pending = mine
    return mine
  }

  function run(): Promise<void> | undefined {
    if (!used) return undefined
    if (pending) return queue(used)
    try {
      return runFast(used)
    } catch {
      giveUp()
      return undefined
    }
  }

  let loading = run()
  void loading?.finally(() => (loading = undefined))
  globalThis.addEventListener?.('storage', ({ key: changed }) => {
    if (changed === key || changed === null) void run()
  })

  return {
    get loading() {
      return loading
    },
    get isSlow() {
      return pending !== undefined
    },
    run,
    save() {
      const running = run()
      if (running) return running.then(removeIfGivenUp)
      removeIfGivenUp()
      return undefined
    },
  }
}

async function attempt(work: () => unknown): Promise<void> {
  try {
    await work()
  } catch {}
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as Promise<T> | null)?.then === 'function'
}
