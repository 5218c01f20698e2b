import type { Bearer } from '../bearer/create-context.ts'
import { isRejection } from '../outcome/rejection.ts'
import { identityOf, type TokenIdentity } from '../outcome/report-outcome.ts'
import { verifyToken } from '../verify/verify-token.ts'
import type { VerifyConfig } from '../verify/verify-config.ts'
import { verifyRefreshToken } from './refresh-token.ts'

/** A session, as a token names it. */
type NamedSession = TokenIdentity & { readonly sid: string }

interface Revocation {
  readonly sessions: readonly NamedSession[]
  /** Whether the session of the bearer is one of them, or the bearer has none. */
  readonly includesBearer: boolean
}

/**
 * Returns the sessions that a bearer and a refresh token name, each once. An invalid token names none. Over a WebSocket a
 * refresh token ends only its own session: the bearer may be that of a later sign-in.
 *
 * Any access token with a valid signature may end its session: one that has expired, and one that was issued for the audience,
 * issuer or subject of a single procedure.
 */
export async function sessionsToRevoke(
  bearer: Bearer,
  refreshToken: string | undefined,
  config: VerifyConfig,
): Promise<Revocation> {
  const [own, given] = await Promise.all([
    ifVerified(async () => identityOf(await verifyToken(bearer.token, config.keys))),
    ifVerified(async () => (await verifyRefreshToken(refreshToken, config)).identity),
  ])
  const isOthers = bearer.connection !== undefined && namesSession(own) && namesSession(given) && own.sid !== given.sid
  const named = (isOthers ? [given] : [own, given]).filter(namesSession)
  const sessions = named.filter(({ sid }, i) => named.findIndex((other) => other.sid === sid) === i)
  return { sessions, includesBearer: !isOthers }
}

const namesSession = (identity: TokenIdentity | undefined): identity is NamedSession => identity?.sid !== undefined

async function ifVerified(readIdentity: () => Promise<TokenIdentity>): Promise<TokenIdentity | undefined> {
  try {
    return await readIdentity()
  } catch (error) {
    if (isRejection(error)) return undefined
    throw error
  }
}
