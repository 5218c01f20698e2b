import * as z from 'zod'

/** Names that people try, and the name of the option that they mean. */
const SYNONYMS: Readonly<Record<string, string>> = {
  secret: 'passphrase',
  key: 'passphrase',
  login: 'authorise',
  leeway: 'clockTolerance',
  lifetime: 'expiresIn',
}

/**
 * Checks options against a strict schema, which may contain others. The description of each member says what it must be.
 *
 * @param owner - the function whose options these are; it begins each line of the error
 * @throws {TypeError} that names each wrong option, the kind of value it got (the value itself only of numbers), and the fix
 */
export function checkOptions<Schema extends z.ZodObject>(
  owner: string,
  options: unknown,
  schema: Schema,
): z.output<Schema> {
  const result = schema.safeParse(options)
  if (result.success) return result.data
  const problems = result.error.issues.flatMap((issue) => {
    const { name, member, value } = memberAt(schema, options, issue.path)
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownOption(key, name, member))
    if (name === '') return [`the options must be an object; got ${kindOf(value)}`]
    return [`\`${name}\` must be ${member.description}; got ${kindOf(value)}`]
  })
  throw new TypeError([...new Set(problems)].map((problem) => `${owner}: ${problem}`).join('\n'))
}

/** The option that a path leads to, through nested options but not into a value. */
function memberAt(schema: z.ZodType, options: unknown, path: readonly PropertyKey[]) {
  let [name, member, value] = ['', schema, options]
  for (const key of path.map(String)) {
    if (!(member instanceof z.ZodObject)) break
    name = name === '' ? key : `${name}.${key}`
    member = withoutDefault(member.shape[key] as z.ZodType)
    value = (value as Record<string, unknown>)[key]
  }
  return { name, member, value }
}

const withoutDefault = (schema: z.ZodType): z.ZodType =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable
    ? withoutDefault(schema.unwrap() as z.ZodType)
    : schema

function unknownOption(key: string, parent: string, schema: z.ZodType): string {
  const known = Object.keys((schema as z.ZodObject).shape)
  const meant = SYNONYMS[key] ?? known.find((name) => sharedPrefixLength(name, key) >= 3)
  const hint =
    meant !== undefined && known.includes(meant)
      ? `did you mean \`${meant}\`?`
      : `the known options are ${known.join(', ')}`
  return `unknown option \`${parent === '' ? key : `${parent}.${key}`}\`: ${hint}`
}

function sharedPrefixLength(one: string, other: string): number {
  const differs = Array.from(one.toLowerCase()).findIndex((letter, i) => letter !== other[i]?.toLowerCase())
  return differs === -1 ? one.length : differs
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'number') return `the number ${value}`
  if (value === '') return 'an empty string'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : `an array of ${value.length}`
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`
}
