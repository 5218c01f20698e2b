import { zoneNamed, type Clock, type Zone } from './clock.ts'
import type { Trace } from './trace.ts'

/** How the storage behaves. */
export interface StorageMode {
  /** `full`: writes throw. `throws`: all does. `silent`: asynchronous, and never answers. */
  readonly kind: 'sync' | 'async' | 'full' | 'throws' | 'silent'
  /** How long a write takes to reach other tabs, in milliseconds; and an asynchronous answer to come. */
  readonly lag: number
  readonly events: 'prompt' | 'late' | 'twice' | 'never'
}

/** The one storage that all tabs share, each with a view of its own. */
export interface SharedStorage {
  /** What `createSession` is given in a tab. */
  open(zone: Zone, listener: () => ((event: unknown) => void)[]): TabStorage
  /** Writes as if a stranger had. */
  write(text: string | null): void
  /** Tells all tabs once more of what they were told long ago. */
  tellAll(): void
  readonly text: string | null
}

/** A tab's view of the storage. */
export interface TabStorage {
  readonly storage: {
    getItem(key: string): unknown
    setItem(key: string, text: string): unknown
    removeItem(key: string): unknown
  }
  readonly text: string | null
}

interface View {
  readonly zone: Zone
  readonly listeners: () => ((event: unknown) => void)[]
  readonly storage: TabStorage['storage']
  text: string | null
  version: number
}

/** Makes an empty storage. The newest write wins in every view, however late it comes. */
export function createStorage(
  { clock, trace }: { clock: Clock; trace: Trace },
  mode: StorageMode,
  key: string,
): SharedStorage {
  const browser = zoneNamed('browser')
  const views: View[] = []
  let text: string | null = null
  let version = 0

  function tell(view: View, oldValue: string | null, newValue: string | null): void {
    for (const listener of view.listeners()) listener({ key, newValue, oldValue, storageArea: view.storage })
  }

  function write(value: string | null, writer?: View): void {
    const before = text
    const mine = (version += 1)
    text = value
    trace.stored.push({ at: clock.elapsed, tab: writer?.zone.name, before: writer ? writer.text : before, text: value })
    if (writer) Object.assign(writer, { text: value, version: mine })
    for (const view of views) {
      if (view === writer) continue
      clock.schedule(mode.lag, browser, () => {
        if (view.version < mine) Object.assign(view, { text: value, version: mine })
      })
      const late = mode.events === 'late' ? 3_000 : 1
      if (mode.events !== 'never') clock.schedule(mode.lag + late, view.zone, () => tell(view, before, value))
      if (mode.events === 'twice') clock.schedule(mode.lag + 2_500, view.zone, () => tell(view, before, value))
    }
  }

  function answer<T>(work: () => T, isFull = false): T | Promise<T> {
    if (isFull || mode.kind === 'throws') throw new DOMException('The quota has been exceeded', 'QuotaExceededError')
    if (mode.kind === 'silent') return new Promise(() => {})
    if (mode.kind !== 'async') return work()
    return new Promise((resolve) => clock.schedule(mode.lag, clock.zone, () => resolve(work())))
  }

  return {
    get text() {
      return text
    },
    write: (value) => write(value),
    tellAll() {
      for (const view of views) clock.schedule(0, view.zone, () => tell(view, null, view.text))
    },
    open(zone, listeners) {
      const view: View = {
        zone,
        listeners,
        text,
        version,
        storage: {
          getItem: () => answer(() => view.text),
          setItem: (_key, value) => answer(() => write(value, view), mode.kind === 'full'),
          removeItem: () => answer(() => write(null, view)),
        },
      }
      views.push(view)
      return view
    },
  }
}
