import * as z from 'zod'

/** A span of time: whole seconds, or a string such as `'30s'`, `'15m'`, `'12h'`, `'30d'`. */
export type Duration = number | `${number}${'s' | 'm' | 'h' | 'd'}`

const SECONDS_PER_UNIT = { s: 1, m: 60, h: 3_600, d: 86_400 }
const MAX_SECONDS = 36_525 * SECONDS_PER_UNIT.d

/** Accepts a `Duration` from 1 second to 100 years, and returns whole seconds. */
export const durationSchema: z.ZodType<number> = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,10}[smhd]$/)
      .transform(toSeconds),
  ])
  .pipe(z.int().min(1).max(MAX_SECONDS))
  .describe("whole seconds or a string such as '15m' (s, m, h, d), from 1 second to 100 years")

function toSeconds(text: string): number {
  const unit = text.slice(-1) as keyof typeof SECONDS_PER_UNIT
  return Number(text.slice(0, -1)) * SECONDS_PER_UNIT[unit]
}
