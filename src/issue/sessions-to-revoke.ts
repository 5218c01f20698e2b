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
    ifVerified(() => sidOfBearer(bearer, config)),
    ifVerified(async () => (await verifyRefreshToken(refreshToken, config)).session.sid),
  ])
  return [...new Set(sids)].filter((sid) => sid !== undefined)
}

/** An expired token may still end its session, but not a token of or for others (`iss`, `aud`, `sub`). */
async function sidOfBearer(bearer: Bearer, config: VerifyConfig): Promise<string | undefined> {
  const payload = await verifyToken(bearer.token, config.keys)
  verifyExpectedClaims(payload, config)
  return payload['sid'] as string | undefined
}

async function ifVerified(readSid: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await readSid()
  } catch (error) {
    if (error instanceof JwtRejection) return undefined
    throw error
  }
}
