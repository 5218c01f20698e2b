import { inspect } from 'node:util'

import * as fc from 'fast-check'

import { rules } from './rules.ts'
import { schedules, type Schedule } from './schedule.ts'
import type { CreateSession } from './session.ts'
import { simulate } from './simulate.ts'

/** How to explore. */
export interface Exploration {
  readonly runs: number
  readonly seed: number
  /** Only these rules are looked at (all). */
  readonly only?: readonly number[] | undefined
  readonly mostActions?: number
}

/** What came of it. */
export interface Findings {
  readonly seed: number
  readonly schedules: number
  readonly ms: number
  /** How often each rule was looked at. */
  readonly checks: Record<string, number>
  readonly failure?: { readonly after: number; readonly broken: string; readonly schedule: Schedule }
}

const MOST_SHRINKING = 500

/** Draws schedules and runs them until a rule is broken, and then looks for the shortest schedule that breaks it. */
export async function explore(
  createSession: CreateSession,
  { runs, seed, only, mostActions = 24 }: Exploration,
): Promise<Findings> {
  const checks: Record<string, number> = {}
  const looked = rules.filter(({ rule }) => !only || only.includes(rule))
  let count = 0
  let failedAt: number | undefined
  let unhandled: unknown

  async function breaks(schedule: Schedule): Promise<string | undefined> {
    unhandled = undefined
    try {
      const evidence = await simulate(schedule, createSession)
      for (const { rule, name, check } of looked) {
        const { cases, broken } = check(evidence)
        const title = `${rule}: ${name}`
        checks[title] = (checks[title] ?? 0) + cases
        if (broken.length > 0) return `${title}\n${JSON.stringify(broken.slice(0, 2), null, 2)}`
      }
      return undefined
    } catch (error) {
      return String((error as Error).stack)
    }
  }

  const note = (reason: unknown): void => void (unhandled = reason)
  process.on('unhandledRejection', note)
  const started = performance.now()
  const result = await fc.check(
    fc.asyncProperty(schedules(mostActions), async (schedule) => {
      count += 1
      if (failedAt !== undefined && count > failedAt + MOST_SHRINKING) return
      const broken =
        (await breaks(schedule)) ??
        (unhandled === undefined ? undefined : `an unhandled rejection: ${inspect(unhandled)}`)
      if (broken === undefined) return
      failedAt ??= count
      throw new Error(broken)
    }),
    { numRuns: runs, seed },
  )
  process.off('unhandledRejection', note)
  const findings = { seed, schedules: failedAt ?? count, ms: performance.now() - started, checks }
  if (!result.failed) return findings
  const [schedule] = result.counterexample!
  const broken = (result.errorInstance as Error | undefined)?.message ?? ''
  return { ...findings, failure: { after: failedAt ?? count, broken, schedule } }
}
