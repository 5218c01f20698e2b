import type { Clock, Step } from './clock.ts'
import { createHmacAtOnce } from './hmac.ts'

/** What a page finds around it. */
export interface Surroundings {
  clock: Clock
  random: () => number
  fetch: typeof fetch
  /** The locks of the tab that runs; undefined in a browser without. */
  locks: unknown
  /** `addEventListener` of the tab that runs. */
  listen: (type: string, listener: (event: unknown) => void) => void
}

const START = Date.UTC(2026, 10, 27)
const RealDate = Date
const hmac = createHmacAtOnce()

/** Puts virtual time and simulated surroundings in the place of the real ones. Returns a function that puts those back. */
export function replaceGlobals({ clock, random, fetch, locks, listen }: Surroundings): () => void {
  const restores: (() => void)[] = []
  const now = (): number => START + clock.elapsed + clock.moved

  function replace(target: object, name: string, value: unknown): void {
    const before = Object.getOwnPropertyDescriptor(target, name)
    Object.defineProperty(target, name, { value, configurable: true, writable: true })
    restores.unshift(() => {
      if (before) Object.defineProperty(target, name, before)
      else Reflect.deleteProperty(target, name)
    })
  }

  function repeat(interval: { step: Step }, run: () => void, delay: number): void {
    interval.step = clock.timer(delay, () => {
      repeat(interval, run, delay)
      run()
    })
  }
  function VirtualDate(...args: [] | [number]): Date {
    return args.length === 0 ? new RealDate(now()) : new RealDate(...args)
  }

  replace(globalThis, 'Date', Object.assign(VirtualDate, { now, UTC: RealDate.UTC, parse: RealDate.parse }))
  VirtualDate.prototype = RealDate.prototype
  replace(performance, 'now', () => clock.elapsed)
  replace(Math, 'random', random)
  replace(globalThis, 'setTimeout', (run: (...args: unknown[]) => void, delay = 0, ...args: unknown[]) =>
    timerOf(clock.timer(delay, () => run(...args))),
  )
  replace(globalThis, 'setInterval', (run: () => void, delay: number) => {
    const interval = timerOf(clock.timer(delay, () => {}))
    clear(interval)
    repeat(interval, run, delay)
    return interval
  })
  replace(globalThis, 'clearTimeout', clear)
  replace(globalThis, 'clearInterval', clear)
  replace(AbortSignal, 'timeout', (ms: number) => {
    const controller = new AbortController()
    clock.timer(ms, () => controller.abort(new DOMException('The operation timed out', 'TimeoutError')))
    return controller.signal
  })
  replace(crypto, 'getRandomValues', (bytes: Uint8Array) => {
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = random() * 256
    return bytes
  })
  replace(crypto, 'randomUUID', () => uuid(random))
  replace(crypto.subtle, 'sign', hmac.sign)
  replace(crypto.subtle, 'verify', hmac.verify)
  replace(globalThis, 'fetch', fetch)
  replace(globalThis, 'addEventListener', listen)
  replace(globalThis, 'navigator', { locks })
  replace(globalThis, 'window', globalThis)
  return () => {
    for (const restore of restores) restore()
  }
}

function clear(timer?: { step: Step }): void {
  if (timer) timer.step.run = undefined
}

const timerOf = (step: Step) => ({ step, ref: () => {}, unref: () => {}, hasRef: () => true })

function uuid(random: () => number): string {
  const digits = (count: number): string =>
    Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join('')
  return `${digits(8)}-${digits(4)}-4${digits(3)}-8${digits(3)}-${digits(12)}`
}
