import type { UntypedClaims } from '../verify/claim-types.ts'
import { signToken, type IssueConfig, type SignedToken } from './sign-token.ts'

/** The session that a token belongs to. */
export interface TokenSession {
  readonly sub: string
  readonly sid: string
  /** When the user signed in, in seconds since 1970; undefined for a token that joins the session, which is no sign-in. */
  readonly authTimeSeconds: number | undefined
  /** When the session ends, in seconds since 1970. No token outlives it. */
  readonly expiresAtSeconds: number
}

/** Signs an access token with prepared claims (RFC 9068 2.2). */
export async function issueAccessToken(
  claims: UntypedClaims,
  config: IssueConfig,
  session?: TokenSession,
): Promise<SignedToken> {
  const { audience, expiresInSeconds, nowSeconds } = config
  const iat = Math.floor(nowSeconds())
  const exp = Math.min(iat + (expiresInSeconds ?? Infinity), session?.expiresAtSeconds ?? Infinity)
  const authTime = session ? session.authTimeSeconds : iat
  const registered = {
    ...(audience && { aud: audience.length === 1 ? (audience[0] as string) : [...audience] }),
    ...(Number.isFinite(exp) && { exp }),
    ...(session && { sid: session.sid }),
    iat,
    ...(authTime !== undefined && { auth_time: authTime }),
  }
  return signToken({ ...claims, ...registered }, 'at+jwt', config)
}
