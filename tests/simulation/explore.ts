import * as fc from 'fast-check'

import { createJudge } from './judge.ts'
import { schedules, type Schedule } from './schedule.ts'
import type { CreateSession } from './session.ts'

/** How to explore. */
export interface Exploration {
  readonly runs: number
  readonly seed: number
  /** Only these rules are looked at (all). */
  readonly only?: readonly number[] | undefined
  /** Goes on after a failure, and counts how many schedules break each rule. */
  readonly survey?: boolean
}

/** A rule that was broken. */
export interface Failure {
  readonly title: string
  /** How many schedules broke it. */
  readonly count: number
  /** How many schedules were run until it was broken first. */
  readonly after: number
  readonly broken: readonly unknown[]
  /** The shortest schedule that breaks it. */
  readonly schedule: Schedule
}

/** What came of it. */
export interface Findings {
  readonly seed: number
  readonly schedules: number
  readonly ms: number
  /** How often each rule was looked at. */
  readonly checks: Readonly<Record<string, number>>
  readonly failures: readonly Failure[]
}

const MOST_ACTIONS = 24
const MOST_SHRINKING = 600

/**
 * Draws schedules and runs them until a rule is broken, and then looks for the shortest schedule that breaks it.
 *
 * @param whole - a client that is not broken on purpose: what breaks it too does not count
 */
export async function explore(
  createSession: CreateSession,
  exploration: Exploration,
  whole?: CreateSession,
): Promise<Findings> {
  const { runs, seed, only, survey = false } = exploration
  const checks: Record<string, number> = {}
  const failures = new Map<string, Failure>()
  const judging = createJudge(createSession, only)
  const wholeJudging = whole && createJudge(whole, only)
  let count = 0
  let shrinkings = 0
  let ms = 0

  /** While a failure is made shorter, only the rule that was broken first counts. */
  const counts = (title: string): boolean => survey || failures.size === 0 || failures.has(title)

  function note(title: string, broken: readonly unknown[], schedule: Schedule): void {
    const before = failures.get(title)
    const isShorter = !before || !survey || schedule.actions.length < before.schedule.actions.length
    failures.set(title, {
      title,
      count: (before?.count ?? 0) + 1,
      after: before?.after ?? count,
      ...(isShorter ? { schedule, broken: broken.slice(0, 2) } : { schedule: before.schedule, broken: before.broken }),
    })
  }

  const started = performance.now()
  await fc.check(
    fc.asyncProperty(schedules(MOST_ACTIONS), async (schedule) => {
      const isShrinking = !survey && failures.size > 0
      if (isShrinking && (shrinkings += 1) > MOST_SHRINKING) return
      if (!isShrinking) count += 1
      const { cases, broken } = await judging.judge(schedule)
      if (!isShrinking) {
        ms = performance.now() - started
        for (const [title, cased] of Object.entries(cases)) checks[title] = (checks[title] ?? 0) + cased
      }
      const mine = Object.entries(broken).filter(([title]) => counts(title))
      if (wholeJudging && mine.length > 0) {
        const { broken: anyway } = await wholeJudging.judge(schedule)
        mine.splice(0, mine.length, ...mine.filter(([title]) => !anyway[title]))
      }
      for (const [title, things] of survey ? mine : mine.slice(0, 1)) note(title, things, schedule)
      if (!survey && mine.length > 0) throw new Error(mine[0]?.[0])
    }),
    { numRuns: runs, seed },
  )
  judging.dismiss()
  wholeJudging?.dismiss()
  return { seed, schedules: count, ms, checks, failures: [...failures.values()] }
}
