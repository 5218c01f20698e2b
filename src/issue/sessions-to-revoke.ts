import type { Bearer } from '../bearer/create-context.ts'
import { JwtRejection } from '../outcome/rejection.ts'
import { verifyExpectedClaims } from '../verify/verify-claims.ts'
import type { VerifyConfig } from '../verify/verify-config.ts'
import { verifyToken } from '../verify/verify-token.ts'
import { verifyRefreshToken } from './refresh-token.ts'

/** Returns the `sid`s that a bearer and a refresh token name. An invalid token names none. */
export async function sessionsToRevoke(
  bearer: Bearer,
  refreshToken: string | undefined,
  config: VerifyConfig,
): Promise<string[]> {
  const sids = await Promise.all([
    sidOfBearer(bearer, config),
    ifVerified(async () => (await verifyRefreshToken(refreshToken, config)).session.sid),
  ])
  return [...new Set(sids)].filter((sid) => sid !== undefined)
}

/**
 * Returns the `sid` of a bearer, also of one that has expired. A token of or for others (`iss`, `aud`, `sub`) names none, and
 * neither does an invalid one.
 */
export const sidOfBearer = (bearer: Bearer, config: VerifyConfig): Promise<string | undefined> =>
  ifVerified(async () => {
    const payload = await verifyToken(bearer.token, config.keys)
    verifyExpectedClaims(payload, config)
    return payload['sid'] as string | undefined
  })

async function ifVerified(readSid: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await readSid()
  } catch (error) {
    if (error instanceof JwtRejection) return undefined
    throw error
  }
}
