import * as z from 'zod'

import type { Claims } from '../verify/claims.ts'
import { checkOptions } from '../schema/check-options.ts'
import { durationMust, durationSchema, type Duration } from '../time/duration.ts'
import {
  recipientMusts,
  expectedClaimsShape,
  resolveExpectedClaims,
  type ExpectedClaims,
} from '../schema/expected-claims.ts'
import { JwtRejection } from '../outcome/rejection.ts'

/** What a procedure asks of a token, beyond being good. */
export interface ProtectOptions {
  /** Scopes that the token must all have, as a list or parted by spaces: else FORBIDDEN (RFC 6750 3.1). */
  scope?: string | readonly string[] | undefined
  /** The sign-in (`auth_time`) must be no longer ago than this: else UNAUTHORIZED, "Recent authentication required" (RFC 9470). */
  maxAge?: Duration | undefined
  /** Replaces the instance's `audience` for this procedure. */
  audience?: string | readonly string[] | undefined
  /** Replaces the instance's `issuer` for this procedure. */
  issuer?: string | undefined
  /** Replaces the instance's `subject` for this procedure. */
  subject?: string | undefined
}

/** Lets callers without credentials in, as `ctx.jwt: null`; a bad token is refused all the same. */
export interface OptionalProtectOptions extends Partial<Record<keyof ProtectOptions, never>> {
  optional: true
}

/** Checked and resolved `protect` options. */
export interface Requirements extends ExpectedClaims {
  readonly optional: boolean
  readonly scope: readonly string[]
  /** In seconds. */
  readonly maxAge: number | undefined
}

/** RFC 6749 3.3: printable ASCII without blank, quote and backslash, so that a scope needs no escaping in a challenge. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/

const scopeTokens = z.array(z.string().regex(SCOPE_TOKEN)).min(1)
const splitScope = z.string().transform((scope) => scope.split(' '))

const schema = z.strictObject({
  optional: z.literal(true).optional(),
  scope: z.union([scopeTokens, splitScope.pipe(scopeTokens)]).optional(),
  maxAge: durationSchema.optional(),
  ...expectedClaimsShape,
})

const musts: Record<keyof typeof schema.shape, string> = {
  optional: 'true, or left out',
  scope: "one or more scopes, as ['a', 'b'] or 'a b'",
  maxAge: durationMust,
  ...recipientMusts,
}

/**
 * Checks the options of `protect`, and fills them up with the instance's.
 *
 * @throws {TypeError} for an unknown option, a bad value, `optional` beside any other
 */
export function resolveRequirements(options: unknown, instance: ExpectedClaims): Requirements {
  const { optional = false, ...asked } = checkOptions('protect', options, { schema, musts })
  if (optional && Object.values(asked).some((value) => value !== undefined)) {
    throw new TypeError(
      'protect: `optional` excludes every other option: who may come without a token need not have a good one',
    )
  }
  const { scope = [], maxAge } = asked
  return Object.freeze({ optional, scope, maxAge, ...resolveExpectedClaims(asked, instance) })
}

/** @throws {JwtRejection} `insufficient_scope`, `too_old` */
export function checkRequirements(claims: Claims, { scope, maxAge }: Requirements, now: number): void {
  const granted = grantedScopes(claims.scope)
  if (!scope.every((each) => granted.includes(each)))
    throw new JwtRejection('insufficient_scope', { scope: scope.join(' ') })
  if (maxAge === undefined) return
  if (!(now - (claims.auth_time ?? Number.NaN) <= maxAge)) throw new JwtRejection('too_old', { maxAge })
}

function grantedScopes(scope: unknown): readonly unknown[] {
  if (typeof scope === 'string') return scope.split(' ')
  return Array.isArray(scope) ? scope : []
}
