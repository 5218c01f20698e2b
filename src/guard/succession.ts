import type { JWTPayload } from 'jose'

import { JwtRejection } from '../outcome/rejection.ts'
import { isRegistered } from '../verify/claim-types.ts'
import type { VerifiedToken } from '../verify/token-cache.ts'

/**
 * Checks that a stream that one token opened may go on under the token that its connection has now.
 *
 * @throws {JwtRejection} `revoked` if that is another sign-in; `superseded` if the app's claims differ, because what opened the
 *   stream no longer holds
 */
export function checkSuccession(opened: VerifiedToken, current: VerifiedToken): void {
  if (current.text === opened.text) return
  if (!isSameSignIn(opened.payload, current.payload)) throw new JwtRejection('revoked')
  if (!isEqualJson(appClaims(opened.payload), appClaims(current.payload))) throw new JwtRejection('superseded')
}

/** With sessions, a session is one sign-in; without sessions, a subject is. Without either, each token is one. */
const isSameSignIn = (one: JWTPayload, other: JWTPayload): boolean =>
  one['sid'] === other['sid'] && one.sub === other.sub && (one['sid'] ?? one.sub) !== undefined

/** The claims that the app decides on, as they were signed. */
const appClaims = (payload: JWTPayload): object =>
  Object.fromEntries(Object.entries(payload).filter(([name]) => !isRegistered(name)))

/** Compares two values that JSON can represent, however deep. The order of keys does not count. */
function isEqualJson(one: unknown, other: unknown): boolean {
  const pairs = [[one, other]]
  for (const [left, right] of pairs) {
    if (isObject(left) && isObject(right)) {
      if (!haveSameKeys(left, right)) return false
      pairs.push(...Object.keys(left).map((key) => [left[key], right[key]]))
    } else if (left !== right) return false
  }
  return true
}

function haveSameKeys(one: object, other: object): boolean {
  const keys = Object.keys(one)
  return (
    Array.isArray(one) === Array.isArray(other) &&
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key))
  )
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
