import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { JWTPayload } from 'jose'

import { JwtRejection } from '../outcome/rejection.ts'

/** The claims that the library writes and checks (RFC 7519 4.1, RFC 9068 2.2). */
export interface RegisteredClaims {
  /** Who issued the token. */
  iss?: string
  /** Who the token is for. */
  aud?: string | string[]
  /** When it ends, in seconds since 1970. */
  exp?: number
  /** When it begins, in seconds since 1970. */
  nbf?: number
  /** When it was issued, in seconds since 1970. */
  iat?: number
  /** What names this token: 128 random bits where we issued it. */
  jti?: string
  /** What names the sign-in it belongs to. */
  sid?: string
  /** When the user signed in, in seconds since 1970. */
  auth_time?: number
}

/** The claims of an app that gave no `claims` schema. */
export interface UntypedClaims {
  sub?: string
  [claim: string]: unknown
}

/** `ctx.jwt`: the registered claims, `sub`, `scope` and what the `claims` schema made of the rest. Frozen. */
export type Claims<ClaimsOut = UntypedClaims> = Readonly<
  RegisteredClaims & Omit<{ sub?: string; scope?: unknown }, keyof ClaimsOut> & ClaimsOut
>

const REGISTERED: ReadonlySet<string> = new Set(['iss', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sid', 'auth_time'])

/** Whether a claim is the library's to write. */
export const isRegistered = (name: string): boolean => REGISTERED.has(name)

/**
 * The claims that a procedure gets to see: the app's as its schema gives them back, the registered ones as they were verified.
 *
 * @throws {JwtRejection} `invalid_claims` where the schema refuses them, or cannot cope with them
 */
export async function readClaims(payload: JWTPayload, schema: StandardSchemaV1 | undefined): Promise<Claims> {
  try {
    return (schema ? frozenCopy(await readBy(schema, payload)) : frozen(payload)) as Claims
  } catch {
    throw new JwtRejection('invalid_claims')
  }
}

async function readBy(schema: StandardSchemaV1, payload: JWTPayload): Promise<object> {
  const { registered, own } = splitClaims(payload)
  const { sub, scope } = own
  return { ...keep({ sub, scope }), ...(await parse(schema, structuredClone(own))), ...registered }
}

/** Splits a payload into the registered claims and those that are the app's. */
function splitClaims(payload: JWTPayload): { registered: RegisteredClaims; own: UntypedClaims } {
  const entries = Object.entries(payload)
  return {
    registered: Object.fromEntries(entries.filter(([name]) => isRegistered(name))),
    own: Object.fromEntries(entries.filter(([name]) => !isRegistered(name))),
  }
}

async function parse(schema: StandardSchemaV1, own: UntypedClaims): Promise<object> {
  const result = await schema['~standard'].validate(own)
  if (result.issues || !isPlainObject(result.value)) throw new JwtRejection('invalid_claims')
  return result.value
}

const keep = (claims: object): object =>
  Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))

/** Copies before freezing: a schema may give back objects that belong to the app. */
function frozenCopy(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy))
  return isPlainObject(value) ? frozenObject({ ...value }) : value
}

function frozenObject(copy: Record<string, unknown>): object {
  for (const name of Object.keys(copy)) copy[name] = frozenCopy(copy[name])
  return Object.freeze(copy)
}

/** What came out of a token is nobody else's. */
function frozen(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen)
  return value
}

/** Whether nobody can change them, now that they are frozen: a date or a map, which a schema may make, can be changed all the same. */
export const isImmutable = (value: unknown): boolean =>
  typeof value !== 'object' ||
  value === null ||
  ((Array.isArray(value) || isPlainObject(value)) && Object.values(value).every(isImmutable))

/** Whether JSON knows its kind: no date, no map, no instance of a class. */
export function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null // of any realm: test runners have two
}
