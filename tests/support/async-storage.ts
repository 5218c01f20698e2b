import { sleep } from './client-api.ts'

/** A storage that answers later, as IndexedDB and AsyncStorage do: at once, or after `waitMs`. */
export function asyncStorage({ entries = new Map<string, string>(), waitMs = 0 } = {}) {
  const answer = async <T>(work: () => T): Promise<T> => {
    if (storage.waitMs > 0) await sleep(storage.waitMs)
    return work()
  }
  const storage = {
    entries,
    waitMs,
    getItem: (key: string): Promise<string | null> => answer(() => entries.get(key) ?? null),
    setItem: (key: string, value: string): Promise<void> => answer(() => void entries.set(key, value)),
    removeItem: (key: string): Promise<void> => answer(() => void entries.delete(key)),
  }
  return storage
}
