import type { JWTPayload } from 'jose'

import { isRejection, JwtRejection } from '../outcome/rejection.ts'
import { identityOf, type TokenIdentity } from '../outcome/report-outcome.ts'
import { verifyClaims } from '../verify/verify-claims.ts'
import type { VerifyConfig } from '../verify/verify-config.ts'
import { verifyToken } from '../verify/verify-token.ts'
import type { TokenSession } from './issue-access-token.ts'
import { signToken, type IssueConfig, type SignedToken } from './sign-token.ts'

/** The audience of refresh tokens. No service that accepts access tokens has it. */
const REFRESH_AUDIENCE = 'urn:trpc-jwt-trivial:refresh'

/** What a refresh token names: a session, and how often its refresh token was rotated. */
export interface RefreshTokenContent {
  readonly session: TokenSession
  readonly generation: number
}

/** The content of a refresh token that was presented, and whom it names. */
export interface VerifiedRefreshToken extends RefreshTokenContent {
  readonly identity: TokenIdentity
}

/** Signs a refresh token. Only `token.refresh` and `token.revoke` accept it, and it has no claim of the app. */
export async function issueRefreshToken(
  { session, generation }: RefreshTokenContent,
  config: IssueConfig,
): Promise<SignedToken> {
  const { sub, sid, authTimeSeconds: auth_time, expiresAtSeconds: exp } = session
  const iat = Math.floor(config.nowSeconds())
  return signToken({ sub, aud: REFRESH_AUDIENCE, sid, generation, iat, auth_time, exp }, 'rt+jwt', config)
}

/**
 * Verifies a refresh token: its signature, type and claims. Only the store knows whether its session is live.
 *
 * @throws {JwtRejection} `not_authorised` for everything that is wrong with it
 */
export async function verifyRefreshToken(token: unknown, config: VerifyConfig): Promise<VerifiedRefreshToken> {
  try {
    const payload = await verifyToken(token, config.keys, 'rt+jwt')
    const { issuer, subject } = config
    verifyClaims(payload, { issuer, subject, audience: [REFRESH_AUDIENCE] }, config)
    const content = contentOf(payload)
    if (content && payload.aud === REFRESH_AUDIENCE && payload.iss === issuer)
      return { ...content, identity: identityOf(payload) }
  } catch (error) {
    if (!isRejection(error)) throw error
  }
  throw new JwtRejection('not_authorised')
}

/** The content of a payload that has every claim of a refresh token. */
function contentOf({ sub, sid, auth_time, exp, generation }: JWTPayload): RefreshTokenContent | undefined {
  if (sub === undefined || sid === undefined || auth_time === undefined || exp === undefined) return undefined
  if (!Number.isSafeInteger(generation)) return undefined
  const session = { sub, sid: sid as string, authTimeSeconds: auth_time as number, expiresAtSeconds: exp }
  return { session, generation: generation as number }
}
