import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { JWTPayload } from 'jose'

import { JwtRejection } from '../outcome/rejection.ts'
import { isRegistered, type Claims, type UntypedClaims } from './claim-types.ts'

/**
 * Returns the claims for `ctx.jwt`, frozen: the registered ones as they were verified, the app's as the schema returns them.
 *
 * @throws {JwtRejection} `invalid_claims` if the schema rejects them, or throws
 */
export async function parseClaims(payload: JWTPayload, schema: StandardSchemaV1 | undefined): Promise<Claims> {
  try {
    return (schema ? frozenCopy(await applySchema(schema, payload)) : frozenInPlace(payload)) as Claims
  } catch {
    throw new JwtRejection('invalid_claims')
  }
}

async function applySchema(schema: StandardSchemaV1, payload: JWTPayload): Promise<object> {
  const registered = membersOf(payload, isRegistered)
  const own: UntypedClaims = membersOf(payload, (name) => !isRegistered(name))
  const { sub, scope } = own
  const result = await schema['~standard'].validate(structuredClone(own))
  if (result.issues || !isPlainObject(result.value)) throw new JwtRejection('invalid_claims')
  return { ...(sub !== undefined && { sub }), ...(scope !== undefined && { scope }), ...result.value, ...registered }
}

const membersOf = (payload: JWTPayload, wanted: (name: string) => boolean): Record<string, unknown> =>
  Object.fromEntries(Object.entries(payload).filter(([name]) => wanted(name)))

/** Copies before it freezes: a schema may return objects that belong to the app. */
function frozenCopy(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy))
  return isPlainObject(value) ? frozenObject({ ...value }) : value
}

function frozenObject(copy: Record<string, unknown>): object {
  for (const name of Object.keys(copy)) copy[name] = frozenCopy(copy[name])
  return Object.freeze(copy)
}

/** The payload was parsed here and is shared with nobody, so it can be frozen in place. */
function frozenInPlace(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozenInPlace)
  return value
}

/** Whether freezing made the value immutable. Dates and maps, which a schema may produce, stay mutable. */
export const isImmutable = (value: unknown): boolean =>
  typeof value !== 'object' ||
  value === null ||
  ((Array.isArray(value) || isPlainObject(value)) && Object.values(value).every(isImmutable))

/** Whether a value is an object that JSON can represent: not a date, a map or an instance of a class. */
export function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null // `Object.prototype` of any realm: test runners have two
}
