import * as z from 'zod'

/** A span of time: whole seconds, or a text such as `'30s'`, `'15m'`, `'12h'`, `'30d'`. */
export type Duration = number | `${number}${'s' | 'm' | 'h' | 'd'}`

/** A timer takes no longer delay, in milliseconds: one that is asked for more runs off at once. */
export const LONGEST_TIMER: number = 2 ** 31 - 1

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 }
const HUNDRED_YEARS = 36_525 * SECONDS.d

/** Takes a `Duration` of at least a second and at most a hundred years, gives whole seconds. */
export const durationSchema: z.ZodType<number> = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,10}[smhd]$/)
      .transform(toSeconds),
  ])
  .pipe(z.int().min(1).max(HUNDRED_YEARS))

/** What an option that takes a `Duration` must be. */
export const durationMust = "whole seconds or a text such as '15m' (s, m, h, d), from 1 second to 100 years"

function toSeconds(text: string): number {
  const unit = text.slice(-1) as keyof typeof SECONDS
  return Number(text.slice(0, -1)) * SECONDS[unit]
}
