import { inspect } from 'node:util'

import { rules } from './rules.ts'
import type { Schedule } from './schedule.ts'
import type { CreateSession } from './session.ts'
import { simulate } from './simulate.ts'

/** What came of one schedule. */
export interface Judgement {
  /** How often each rule was looked at. */
  readonly cases: Readonly<Record<string, number>>
  /** What broke which rule. */
  readonly broken: Readonly<Record<string, readonly unknown[]>>
}

/** Makes a judge of schedules. Only the rules of some numbers count (all). */
export function createJudge(createSession: CreateSession, only: readonly number[] | undefined) {
  const looked = rules.filter(({ rule }) => !only || only.includes(rule))
  let unhandled: unknown[] = []
  const note = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', note)

  return {
    async judge(schedule: Schedule): Promise<Judgement> {
      const cases: Record<string, number> = {}
      const broken: Record<string, readonly unknown[]> = {}
      unhandled = []
      try {
        const evidence = await simulate(schedule, createSession)
        for (const { rule, name, check } of looked) {
          const checked = check(evidence)
          const title = `${rule}: ${name}`
          cases[title] = checked.cases
          if (checked.broken.length > 0) broken[title] = checked.broken
        }
      } catch (error) {
        broken['the simulation itself'] = [inspect(error)]
      }
      if (unhandled.length > 0) broken['no promise is left unhandled'] = unhandled.map((reason) => inspect(reason))
      return { cases, broken }
    },
    dismiss: () => process.off('unhandledRejection', note),
  }
}
