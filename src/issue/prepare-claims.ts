import type { StandardSchemaV1 } from '@standard-schema/spec'

import { isRegistered, type UntypedClaims } from '../verify/claim-types.ts'
import { isPlainObject } from '../verify/parse-claims.ts'

/** What the claims of a token must agree with. */
interface ClaimsConfig {
  readonly subject: string | undefined
  readonly claims: StandardSchemaV1 | undefined
}

/**
 * Checks the claims of an app, and returns them as a token carries them. What is issued is then also accepted.
 *
 * @throws {TypeError} that names the claim, if it is reserved, JSON cannot represent it, or the `claims` schema rejects it
 */
export async function prepareClaims(claims: object, { subject, claims: schema }: ClaimsConfig): Promise<UntypedClaims> {
  const prepared = jsonClaims(claims, subject)
  const result = await schema?.['~standard'].validate(structuredClone(prepared))
  if (result?.issues) throw wrong(schemaProblem(result.issues))
  if (result && !isPlainObject(result.value)) throw wrong('must be a plain object as the `claims` schema returns them')
  return prepared
}

function jsonClaims(claims: object, subject: string | undefined): UntypedClaims {
  if (!isPlainObject(claims)) throw wrong('must be a plain object')
  for (const [name, value] of Object.entries(claims)) {
    if (isRegistered(name)) throw wrong(`must not set \`${name}\`, which the library writes`)
    if (value !== undefined && !survivesJson(value)) throw wrong(`have a \`${name}\` that JSON cannot represent`)
  }
  const copy = {
    ...(JSON.parse(JSON.stringify(claims)) as UntypedClaims),
    ...(subject !== undefined && { sub: subject }),
  }
  const { sub } = claims as UntypedClaims
  if (sub !== undefined && typeof sub !== 'string') throw wrong('must have a string as `sub` (RFC 7519 4.1.2)')
  if (sub !== undefined && sub !== copy.sub) throw wrong('have a `sub` that differs from the expected `subject`')
  return copy
}

/** Cycles and very deep nesting overflow the stack, and count as not JSON. */
function survivesJson(value: unknown): boolean {
  try {
    return isJson(value) && JSON.stringify(value) !== undefined
  } catch {
    return false
  }
}

/** As in JSON, an undefined member counts as absent. */
function isJson(value: unknown): boolean {
  if (Array.isArray(value)) return Array.from(value).every(isJson)
  if (isPlainObject(value)) return Object.values(value).every((member) => member === undefined || isJson(member))
  return value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
}

function schemaProblem([issue]: readonly StandardSchemaV1.Issue[]): string {
  const [first] = issue?.path ?? []
  const name = typeof first === 'object' ? first.key : first
  if (name === undefined) return 'were rejected by the `claims` schema'
  return `have a \`${String(name)}\` that the \`claims\` schema rejects`
}

const wrong = (problem: string): TypeError => new TypeError(`The claims of a token ${problem}.`)
