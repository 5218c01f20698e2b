/** One tab of the browser, or the server: whose code a step runs. */
export interface Zone {
  readonly name: string
  /** A closed or crashed tab runs no step any more. */
  over: boolean
  /** Until when the timers of a hidden tab fire late. */
  hiddenUntil: number
  /** Until when nothing runs: a sleeping laptop. */
  frozenUntil: number
}

/** Something that happens at one moment. */
export interface Step {
  at: number
  readonly order: number
  readonly zone: Zone
  /** A timer fires late in a hidden tab, an answer does not. */
  readonly isTimer: boolean
  run: (() => void) | undefined
}

/** Virtual time: steps in the order of their moments, each one with all that follows from it before the next. */
export interface Clock {
  /** Time since the start, which no user can set. */
  readonly elapsed: number
  /** How far the device's clock was moved. */
  moved: number
  /** Whose step is running. */
  readonly zone: Zone
  readonly steps: number
  schedule(delay: number, zone: Zone, run: () => void): Step
  /** Schedules a timer of the zone that runs, after whole milliseconds and one at least, as real ones do. */
  timer(delay: number, run: () => void): Step
  /** Lets time pass. */
  pass(ms: number): Promise<void>
}

const MOST_STEPS = 30_000
const HIDDEN_TIMERS_MS = 1_000

export const zoneNamed = (name: string): Zone => ({ name, over: false, hiddenUntil: 0, frozenUntil: 0 })

/** Makes the clock of one schedule. `settled` resolves when all that follows from a step has happened. */
export function createClock(settled: () => Promise<void>): Clock {
  const nobody = zoneNamed('nobody')
  const queue: Step[] = [] // the next one last
  let elapsed = 0
  let zone = nobody
  let steps = 0
  let orders = 0

  function insert(step: Step): Step {
    let low = 0
    let high = queue.length
    while (low < high) {
      const middle = (low + high) >> 1
      const other = queue[middle]!
      if (other.at > step.at || (other.at === step.at && other.order > step.order)) low = middle + 1
      else high = middle
    }
    queue.splice(low, 0, step)
    return step
  }

  function add(delay: number, run: () => void, { of, isTimer }: { of: Zone; isTimer: boolean }): Step {
    const at = elapsed + Math.max(0, Number.isFinite(delay) ? delay : 0)
    return insert({ at, order: (orders += 1), zone: of, isTimer, run })
  }

  /** When a step of a frozen or hidden tab runs. */
  function dueAt({ at, zone: { frozenUntil, hiddenUntil }, isTimer }: Step): number {
    if (at < frozenUntil) return frozenUntil
    return isTimer && at < hiddenUntil ? Math.ceil(at / HIDDEN_TIMERS_MS) * HIDDEN_TIMERS_MS : at
  }

  return {
    moved: 0,
    get elapsed() {
      return elapsed
    },
    get zone() {
      return zone
    },
    get steps() {
      return steps
    },
    schedule: (delay, of, run) => add(delay, run, { of, isTimer: false }),
    timer: (delay, run) => add(Math.max(1, Math.trunc(delay)), run, { of: zone, isTimer: true }),
    async pass(ms) {
      const until = elapsed + ms
      for (let step = queue.at(-1); step && step.at <= until; step = queue.at(-1)) {
        queue.pop()
        const { run } = step
        if (!run || step.zone.over) continue
        const due = dueAt(step)
        if (due > step.at) {
          insert({ ...step, at: due })
          continue
        }
        if ((steps += 1) > MOST_STEPS) throw new Error(`more than ${MOST_STEPS} steps: somebody never rests`)
        elapsed = step.at
        zone = step.zone
        run()
        await settled()
        zone = nobody
      }
      elapsed = until
    },
  }
}
