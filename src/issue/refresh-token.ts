import type { JWTPayload } from 'jose'

import { JwtRejection } from '../outcome/rejection.ts'
import { checkTimes, verifyToken, type VerifyConfig } from '../verify/verify-token.ts'

/** The audience of refresh tokens: no service that accepts access tokens has it. */
export const REFRESH_AUDIENCE = 'urn:trpc-jwt-trivial:refresh'

/** What a refresh token says. */
export interface RefreshClaims {
  readonly sub: string
  readonly sid: string
  /** When the user signed in, in seconds since 1970. */
  readonly auth_time: number
  /** When the session ends, in seconds since 1970. */
  readonly exp: number
  /** How often the session's refresh token has been rotated. */
  readonly generation: number
}

/**
 * Verifies a refresh token: its kind, its signature, its time, its issuer and subject. Whether its session is live is the store's to say.
 *
 * @throws {JwtRejection} `not_authorised` for whatever is wrong with it
 */
export async function verifyRefreshToken(token: unknown, config: VerifyConfig): Promise<RefreshClaims> {
  try {
    const payload = await verifyToken(token, config.keys, 'rt+jwt')
    checkTimes(payload, config)
    if (isRefreshClaims(payload, config)) return payload
  } catch (error) {
    if (!(error instanceof JwtRejection)) throw error
  }
  throw new JwtRejection('not_authorised')
}

function isRefreshClaims(
  payload: JWTPayload,
  { issuer, subject }: VerifyConfig,
): payload is JWTPayload & RefreshClaims {
  const { iss, aud, sub, sid, auth_time, exp, generation } = payload
  return (
    aud === REFRESH_AUDIENCE &&
    iss === issuer &&
    typeof sub === 'string' &&
    (subject === undefined || sub === subject) &&
    typeof sid === 'string' &&
    typeof auth_time === 'number' &&
    typeof exp === 'number' &&
    Number.isSafeInteger(generation)
  )
}
