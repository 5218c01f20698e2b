import type { JWTPayload } from 'jose'

import { JwtRejection } from '../outcome/rejection.ts'
import type { ExpectedClaims } from '../schema/expected-claims.ts'
import type { TimeConfig } from './verify-config.ts'

/** How far in the future an `iat` may be, whatever the clock tolerance. */
const IAT_TOLERANCE_SECONDS = 5

/**
 * Checks the registered claims of a payload: `exp`, `nbf`, `iat` and `auth_time`, then `iss`, `aud` and `sub`, and that `jti`
 * and `sid` are strings (RFC 7519 4.1).
 *
 * @throws {JwtRejection} `expired`, `not_yet_valid`, and those of `verifyExpectedClaims`
 */
export function verifyClaims(payload: JWTPayload, expected: ExpectedClaims, config: TimeConfig): void {
  verifyTimes(payload, config)
  verifyExpectedClaims(payload, expected)
}

/** Each condition says when the token is good, so that a clock that returns NaN rejects. */
function verifyTimes({ exp, nbf, iat, auth_time }: JWTPayload, config: TimeConfig): void {
  const { clockToleranceSeconds, expRequired, nowSeconds } = config
  if (![exp, nbf, iat, auth_time].every(isNumericDateOrAbsent)) throw new JwtRejection('invalid_claims')
  if (exp === undefined && expRequired) throw new JwtRejection('invalid_claims')
  const now = nowSeconds()
  if (exp !== undefined && !(now < exp + clockToleranceSeconds)) throw new JwtRejection('expired')
  if (nbf !== undefined && !(now >= nbf - clockToleranceSeconds)) throw new JwtRejection('not_yet_valid')
  if (iat !== undefined && !(iat <= now + IAT_TOLERANCE_SECONDS)) throw new JwtRejection('not_yet_valid')
}

/**
 * Checks `iss`, `aud` and `sub` alone: exact matches of strings (RFC 7519 4.1.1 to 4.1.3).
 *
 * @throws {JwtRejection} `wrong_issuer`, `wrong_audience`, `wrong_subject`, `invalid_claims`
 */
function verifyExpectedClaims(payload: JWTPayload, { issuer, audience, subject }: ExpectedClaims): void {
  const { iss, aud, sub, jti, sid } = payload as Record<string, unknown>
  if (issuer !== undefined && iss !== issuer) throw new JwtRejection('wrong_issuer')
  if (!isIntendedFor(aud, audience)) throw new JwtRejection('wrong_audience')
  if (![iss, sub, jti, sid].every(isStringOrAbsent)) throw new JwtRejection('invalid_claims')
  if (subject !== undefined && sub !== subject) throw new JwtRejection('wrong_subject')
}

const isNumericDateOrAbsent = (value: unknown): boolean =>
  value === undefined || (typeof value === 'number' && Math.abs(value) < 2 ** 53)

const isStringOrAbsent = (value: unknown): boolean => value === undefined || typeof value === 'string'

/** A token with an `aud` is accepted only for that audience, so it is rejected if no audience is configured. */
function isIntendedFor(aud: unknown, audience: readonly string[] | undefined): boolean {
  if (!audience) return aud === undefined
  const named = typeof aud === 'string' ? [aud] : aud
  return Array.isArray(named) && named.every(isStringOrAbsent) && named.some((name) => audience.includes(name))
}
