import { inspect } from 'node:util'

import type { Failure, Findings } from './explore.ts'
import type { Schedule } from './schedule.ts'

/** Prints what several processes found together. */
export function report(all: readonly Findings[]): void {
  const schedules = all.reduce((sum, { schedules: count }) => sum + count, 0)
  const slowest = Math.max(...all.map(({ ms }) => ms))
  const perSchedule = all.reduce((sum, { ms }) => sum + ms, 0) / schedules
  console.log(
    `${schedules} schedules, seeds ${all.map(({ seed }) => seed).join(' and ')}: ` +
      `${(schedules / (slowest / 1_000)).toFixed(0)} a second, ${perSchedule.toFixed(1)} ms each\n`,
  )
  for (const [rule, cases] of Object.entries(totals(all))) console.log(`${String(cases).padStart(9)}  ${rule}`)
  for (const { failures, seed } of all)
    for (const failure of failures) console.error(`\nBROKEN with seed ${seed}: ${toldFailure(failure)}`)
}

/** How often each rule was looked at. */
export function totals(all: readonly Findings[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { checks } of all)
    for (const [rule, cases] of Object.entries(checks)) sums[rule] = (sums[rule] ?? 0) + cases
  return sums
}

/** A failure with its schedule. */
export const toldFailure = ({ title, after, count, broken, schedule }: Failure): string =>
  `${title} (first after ${after} schedules, seen ${count} times)\n${inspect(broken, { depth: 6, maxStringLength: 200 })}\n${told(schedule)}`

/** A schedule with one line for each action; what follows `replay:` is for `--replay`. */
function told(schedule: Schedule): string {
  const { actions, ...rest } = schedule
  const lines = actions.map(({ after, action }) => `  after ${after} ms: ${JSON.stringify(action)}`)
  return [JSON.stringify(rest), ...lines, `replay: ${JSON.stringify(schedule)}`].join('\n')
}
