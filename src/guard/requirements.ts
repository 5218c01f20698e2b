import * as z from 'zod'

import { JwtRejection } from '../outcome/rejection.ts'
import { checkOptions } from '../schema/check-options.ts'
import { expectedClaimsShape, resolveExpectedClaims, type ExpectedClaims } from '../schema/expected-claims.ts'
import { durationSchema, type Duration } from '../time/duration.ts'
import type { Claims } from '../verify/claim-types.ts'

/** What a procedure requires of a token, in addition to a valid one. */
export interface ProtectOptions {
  /** Scopes that the token must all have, as an array or separated by spaces; otherwise FORBIDDEN (RFC 6750 3.1). */
  scope?: string | readonly string[] | undefined
  /** The greatest age of the sign-in (`auth_time`); otherwise UNAUTHORIZED, "Recent authentication required" (RFC 9470). */
  maxAge?: Duration | undefined
  /** Replaces the instance's `audience` for this procedure. */
  audience?: string | readonly string[] | undefined
  /** Replaces the instance's `issuer` for this procedure. */
  issuer?: string | undefined
  /** Replaces the instance's `subject` for this procedure. */
  subject?: string | undefined
}

/** Accepts callers without credentials, with `ctx.jwt: null`. An invalid token is still rejected. */
export interface OptionalProtectOptions extends Partial<Record<keyof ProtectOptions, never>> {
  optional: true
}

/** Checked options of `protect`, with the instance's options filled in. */
export interface Requirements extends ExpectedClaims {
  readonly optional: boolean
  readonly scope: readonly string[]
  readonly maxAgeSeconds: number | undefined
}

/** Printable ASCII without space, quote and backslash (RFC 6749 3.3), so a scope needs no escapes in a challenge. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/

const scopeTokens = z.array(z.string().regex(SCOPE_TOKEN)).min(1)
const splitScope = z.string().transform((scope) => scope.split(' '))

const schema = z.strictObject({
  optional: z.literal(true).describe('true, or left out').optional(),
  scope: z
    .union([scopeTokens, splitScope.pipe(scopeTokens)])
    .describe("one or more scopes, as ['a', 'b'] or 'a b'")
    .optional(),
  maxAge: durationSchema.optional(),
  ...expectedClaimsShape,
} satisfies Record<keyof OptionalProtectOptions, z.ZodType>)

/**
 * Checks the options of `protect`, and fills in the instance's.
 *
 * @throws {TypeError} for an unknown option, an invalid value, or `optional` with any other option
 */
export function resolveRequirements(options: unknown, instance: ExpectedClaims): Requirements {
  const { optional = false, scope = [], maxAge: maxAgeSeconds, ...expected } = checkOptions('protect', options, schema)
  const others = [...scope, maxAgeSeconds, ...Object.values(expected)]
  if (optional && others.some((value) => value !== undefined)) {
    throw new TypeError(
      'protect: `optional` excludes every other option; a caller who needs no token cannot be required to have a particular one',
    )
  }
  return Object.freeze({ optional, scope, maxAgeSeconds, ...resolveExpectedClaims(expected, instance) })
}

/**
 * Checks the scope and the age of the sign-in.
 *
 * @throws {JwtRejection} `insufficient_scope`, `too_old`
 */
export function checkRequirements(claims: Claims, required: Requirements, nowSeconds: number): void {
  const { scope, maxAgeSeconds } = required
  const granted = grantedScopes(claims.scope)
  if (!scope.every((each) => granted.includes(each)))
    throw new JwtRejection('insufficient_scope', { scope: scope.join(' ') })
  if (maxAgeSeconds === undefined) return
  const isRecent = nowSeconds - (claims.auth_time ?? Number.NaN) <= maxAgeSeconds
  if (!isRecent) throw new JwtRejection('too_old', { maxAge: maxAgeSeconds })
}

function grantedScopes(scope: unknown): readonly unknown[] {
  if (typeof scope === 'string') return scope.split(' ')
  return Array.isArray(scope) ? scope : []
}
