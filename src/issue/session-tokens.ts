import type { Bearer } from '../bearer/create-context.ts'
import { JwtRejection } from '../outcome/rejection.ts'
import type { SessionLiveness, SessionConfig } from '../sessions/session-liveness.ts'
import type { Rotation, SessionStore } from '../sessions/session-store.ts'
import type { UntypedClaims } from '../verify/claim-types.ts'
import type { VerifyConfig } from '../verify/verify-config.ts'
import { issueAccessToken, type TokenSession } from './issue-access-token.ts'
import { authorisedClaims, isRefusal } from './authorised-claims.ts'
import { prepareClaims } from './prepare-claims.ts'
import { issueRefreshToken, verifyRefreshToken } from './refresh-token.ts'
import { sessionsToRevoke } from './sessions-to-revoke.ts'
import { randomId, type IssueConfig, type SignedToken } from './sign-token.ts'

/** What the sessions of an issuer depend on. */
export interface IssuerSessionConfig extends SessionConfig<SessionStore> {
  readonly reauthorise: (opts: { sub: string; sid: string; ctx: object }) => unknown
  /** The lifetime of a session. */
  readonly expiresInSeconds: number
  /** How long after a rotation the previous refresh token is accepted. */
  readonly graceSeconds: number
}

/** An access token and, with sessions, its refresh token. */
export interface IssuedTokens {
  readonly access: SignedToken
  readonly refreshToken?: string
}

/** Issues, refreshes and revokes the tokens of sessions. */
export interface SessionTokens {
  readonly graceSeconds: number
  /** Starts a session with prepared claims, and issues its first tokens. */
  create(claims: UntypedClaims): Promise<IssuedTokens>
  /** Returns the session for an access token without a refresh token: the one named `sid`, or a new one, not started yet. */
  sessionFor(claims: UntypedClaims, sid: string | undefined): TokenSession
  /** Starts a session in the store. */
  startSession(session: TokenSession): Promise<void>
  /** Rotates a refresh token, if `reauthorise` allows it. */
  refresh(refreshToken: string, ctx: object): Promise<IssuedTokens>
  /** Ends a session. */
  end(sid: string): Promise<void>
  /** Ends all sessions of a subject, except one. */
  endAll(sub: string, except: string | undefined): Promise<void>
  /** Ends the sessions of a bearer and of a refresh token. Invalid tokens and ended sessions are ignored. */
  revoke(bearer: Bearer, refreshToken: string | undefined): Promise<void>
}

interface Dependencies {
  readonly config: VerifyConfig & IssueConfig
  readonly sessions: IssuerSessionConfig
  readonly live: SessionLiveness
}

/**
 * Makes the tokens of sessions. It signs an access token before it writes to the store: a token that could not be issued
 * starts no session and uses up no generation.
 */
export function createSessionTokens({ config, sessions, live }: Dependencies): SessionTokens {
  const { store, reauthorise, graceSeconds, expiresInSeconds } = sessions

  function sessionFor({ sub }: UntypedClaims, sid = randomId()): TokenSession {
    if (sub === undefined) throw new TypeError('The claims of a token must have a `sub` when `sessions` is set.')
    const authTimeSeconds = Math.floor(config.nowSeconds())
    return { sub, sid, authTimeSeconds, expiresAtSeconds: authTimeSeconds + expiresInSeconds }
  }

  const startSession = ({ sid, sub, expiresAtSeconds }: TokenSession): Promise<void> =>
    store.start({ sid, sub, expiresAt: new Date(expiresAtSeconds * 1_000) })

  const end = (sid: string): Promise<void> => store.end(sid).finally(() => live.evict(sid))

  async function rotate(sid: string, generation: number): Promise<number> {
    const rotation = checkRotation(await store.rotate(sid, generation, graceSeconds))
    if (typeof rotation === 'object') return rotation.generation
    live.evict(sid)
    throw new JwtRejection('not_authorised')
  }

  return {
    graceSeconds,
    async create(claims) {
      const session = sessionFor(claims)
      const access = await issueAccessToken(claims, config, session)
      const refresh = await issueRefreshToken({ session, generation: 0 }, config)
      await startSession(session)
      return { access, refreshToken: refresh.token }
    },
    sessionFor,
    startSession,
    async refresh(refreshToken, ctx) {
      const { session, generation } = await verifyRefreshToken(refreshToken, config)
      const { sub, sid } = session
      const answer = await reauthorise({ sub, sid, ctx })
      if (isRefusal(answer)) {
        await end(sid)
        throw new JwtRejection('not_authorised')
      }
      const claims = await prepareClaims(authorisedClaims('reauthorise', answer), { ...config, subject: sub })
      const access = await issueAccessToken(claims, config, session)
      const next = await issueRefreshToken({ session, generation: await rotate(sid, generation) }, config)
      return { access, refreshToken: next.token }
    },
    end,
    endAll: (sub, except) => store.endAll(sub, except).finally(() => live.evict()),
    async revoke(bearer, refreshToken) {
      const sids = await sessionsToRevoke(bearer, refreshToken, config)
      await Promise.all(sids.map(end))
    },
  }
}

/** A store of the app's own may return anything. */
function checkRotation(rotation: unknown): Rotation {
  if (rotation === 'reused' || rotation === 'ended') return rotation
  const generation: unknown = (rotation as { generation?: unknown } | undefined)?.generation
  if (!Number.isSafeInteger(generation)) throw new JwtRejection('unavailable')
  return { generation: generation as number }
}
