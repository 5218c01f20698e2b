import type { Findings } from './explore.ts'
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
  for (const { failure, seed } of all) {
    if (!failure) continue
    console.error(
      `\nBroken after ${failure.after} schedules of seed ${seed}. ${failure.broken}\n${told(failure.schedule)}`,
    )
  }
}

/** How often each rule was looked at. */
export function totals(all: readonly Findings[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { checks } of all)
    for (const [rule, cases] of Object.entries(checks)) sums[rule] = (sums[rule] ?? 0) + cases
  return sums
}

/** A schedule with one line for each action; what follows `replay:` is for `--replay`. */
export function told(schedule: Schedule): string {
  const { actions, ...rest } = schedule
  const lines = actions.map(({ after, action }) => `  after ${after} ms: ${JSON.stringify(action)}`)
  return [JSON.stringify(rest), ...lines, `replay: ${JSON.stringify(schedule)}`].join('\n')
}
