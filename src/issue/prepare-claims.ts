import type { StandardSchemaV1 } from '@standard-schema/spec'

import { isPlainObject, isRegistered, type UntypedClaims } from '../verify/claims.ts'

/** What the claims of a token must agree with. */
interface ClaimsConfig {
  readonly subject: string | undefined
  readonly claims: StandardSchemaV1 | undefined
}

/**
 * The claims of an app, as a token carries them.
 *
 * @throws {TypeError} that names the claim, where one is reserved, is no JSON or is refused by the `claims` schema: whatever
 *   is issued here is accepted here
 */
export async function prepareClaims(claims: object, { subject, claims: schema }: ClaimsConfig): Promise<UntypedClaims> {
  const own = ownClaims(claims, subject)
  const result = await schema?.['~standard'].validate(structuredClone(own))
  if (result?.issues) throw wrong(refusal(result.issues))
  if (result && !isPlainObject(result.value)) throw wrong('are made no plain object by the `claims` schema')
  return own
}

function ownClaims(claims: object, subject: string | undefined): UntypedClaims {
  if (!isPlainObject(claims)) throw wrong('are no plain object')
  for (const [name, value] of Object.entries(claims)) {
    if (isRegistered(name)) throw wrong(`set \`${name}\`, which the library writes`)
    if (value !== undefined && !survivesJson(value)) throw wrong(`have a \`${name}\` that JSON would change`)
  }
  const own = {
    ...(JSON.parse(JSON.stringify(claims)) as UntypedClaims),
    ...(subject !== undefined && { sub: subject }),
  }
  const { sub } = claims as UntypedClaims
  if (sub !== undefined && typeof sub !== 'string') throw wrong('have a `sub` that is no text (RFC 7519 4.1.2)')
  if (sub !== undefined && sub !== own.sub) throw wrong('have a `sub` unlike the `subject` asked for')
  return own
}

/** Cycles and towers overflow the stack: they do not. */
function survivesJson(value: unknown): boolean {
  try {
    return isJson(value) && JSON.stringify(value) !== undefined
  } catch {
    return false
  }
}

/** An undefined member counts as absent, as JSON has it. */
function isJson(value: unknown): boolean {
  if (Array.isArray(value)) return Array.from(value).every(isJson)
  if (isPlainObject(value)) return Object.values(value).every((member) => member === undefined || isJson(member))
  return value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
}

function refusal([issue]: readonly StandardSchemaV1.Issue[]): string {
  const [first] = issue?.path ?? []
  const name = typeof first === 'object' ? first.key : first
  if (name === undefined) return 'are refused by the `claims` schema'
  return `have a \`${String(name)}\` that the \`claims\` schema refuses`
}

const wrong = (problem: string): TypeError => new TypeError(`The claims of a token ${problem}.`)
