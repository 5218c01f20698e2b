import type * as z from 'zod'

/** Other names that people try, and ours. */
const SYNONYMS: Readonly<Record<string, string>> = {
  secret: 'passphrase',
  key: 'passphrase',
  login: 'authorise',
  leeway: 'clockTolerance',
  lifetime: 'expiresIn',
}

/**
 * Checks options against a strict schema.
 *
 * @throws {TypeError} that names each option, what kind of thing it got (numbers aside never the value) and what to give instead
 */
export function checkOptions<Output>(
  owner: string,
  options: unknown,
  { schema, musts }: { schema: z.ZodType<Output>; musts: Record<string, string> },
): Output {
  const result = schema.safeParse(options)
  if (result.success) return result.data
  const complaints = result.error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownOption(key, Object.keys(musts)))
    const name = issue.path[0]
    if (name === undefined) return [`takes an object of options; got ${kindOf(options)}`]
    const value = (options as Record<PropertyKey, unknown>)[name]
    return [`\`${String(name)}\` must be ${musts[String(name)]}; got ${kindOf(value)}`]
  })
  throw new TypeError([...new Set(complaints)].map((complaint) => `${owner}: ${complaint}`).join('\n'))
}

function unknownOption(key: string, known: readonly string[]): string {
  const meant = SYNONYMS[key] ?? known.find((name) => sharedStart(name, key) >= 3)
  const hint =
    meant !== undefined && known.includes(meant) ? `did you mean \`${meant}\`?` : `known are ${known.join(', ')}`
  return `unknown option \`${key}\`: ${hint}`
}

function sharedStart(one: string, other: string): number {
  const differs = Array.from(one.toLowerCase()).findIndex((letter, i) => letter !== other[i]?.toLowerCase())
  return differs === -1 ? one.length : differs
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'number') return `the number ${value}`
  if (value === '') return 'an empty text'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  return (
    { string: 'a text', object: 'an object', function: 'a function' }[typeof value as string] ?? `a ${typeof value}`
  )
}
