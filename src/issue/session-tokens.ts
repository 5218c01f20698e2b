import type { Bearer } from '../bearer/create-context.ts'
import { JwtRejection } from '../outcome/rejection.ts'
import type { EndedBy, ReportedCall, Reporter } from '../outcome/report-outcome.ts'
import type { SessionLiveness, SessionConfig } from '../sessions/session-liveness.ts'
import type { Rotation, SessionStore } from '../sessions/session-store.ts'
import type { UntypedClaims } from '../verify/claim-types.ts'
import type { VerifyConfig } from '../verify/verify-config.ts'
import { issueAccessToken, type TokenSession } from './issue-access-token.ts'
import { authorisedClaims, isRefusal } from './authorised-claims.ts'
import { prepareClaims } from './prepare-claims.ts'
import { issueRefreshToken, verifyRefreshToken, type VerifiedRefreshToken } from './refresh-token.ts'
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
  refresh(refreshToken: string, call: RefreshCall): Promise<IssuedTokens>
  /** Ends a session whose tokens nobody got. It is not reported, as its start was not. */
  abandon(sid: string): Promise<void>
  /** Ends a session. */
  end(sid: string): Promise<void>
  /** Ends all sessions of a subject, except one. */
  endAll(sub: string, except: string | undefined): Promise<void>
  /**
   * Ends the sessions of a bearer and of a refresh token. Invalid tokens and ended sessions are ignored.
   */
  revoke(call: RevokeCall): Promise<void>
}

interface RefreshCall {
  readonly ctx: object
  readonly path: string
}

interface RevokeCall {
  readonly bearer: Bearer
  readonly refreshToken: string | undefined
  readonly path: string
  /** Removes the bearer from its connection. Called when the bearer is of no more use, before the outcome is reported. */
  readonly clearBearer: () => void
}

interface Dependencies {
  readonly config: VerifyConfig & IssueConfig
  readonly sessions: IssuerSessionConfig
  readonly live: SessionLiveness
  readonly reporter: Reporter
}

/**
 * Makes the tokens of sessions. It signs an access token before it writes to the store: a token that could not be issued
 * starts no session and uses up no generation.
 */
export function createSessionTokens({ config, sessions, live, reporter }: Dependencies): SessionTokens {
  const { store, reauthorise, graceSeconds, expiresInSeconds } = sessions

  function sessionFor({ sub }: UntypedClaims, joinedSid?: string): TokenSession {
    if (sub === undefined) throw new TypeError('The claims of a token must have a `sub` when `sessions` is set.')
    const nowSeconds = Math.floor(config.nowSeconds())
    const session = { sub, expiresAtSeconds: nowSeconds + expiresInSeconds }
    if (joinedSid !== undefined) return { ...session, sid: joinedSid, authTimeSeconds: undefined }
    return { ...session, sid: randomId(), authTimeSeconds: nowSeconds }
  }

  const startSession = ({ sid, sub, expiresAtSeconds }: TokenSession): Promise<void> =>
    store.start({ sid, sub, expiresAt: new Date(expiresAtSeconds * 1_000) })

  const abandon = (sid: string): Promise<void> => store.end(sid).finally(() => live.evict(sid))

  async function end(by: EndedBy, session: EndedSession, onEnd?: () => void): Promise<void> {
    await abandon(session.sid)
    onEnd?.()
    reporter.report({ type: 'ended', by, ...session })
  }

  async function rotate(generation: number, session: EndedSession): Promise<number> {
    const rotation = checkRotation(await store.rotate(session.sid, generation, graceSeconds))
    if (typeof rotation === 'object') return rotation.generation
    live.evict(session.sid)
    if (rotation === 'ended') throw new JwtRejection('not_authorised')
    reporter.report({ type: 'ended', by: 'reuse', ...session })
    throw new JwtRejection('reused')
  }

  async function renew(presented: VerifiedRefreshToken, { ctx, path }: RefreshCall): Promise<IssuedTokens> {
    const { session, generation, identity } = presented
    const { sub, sid } = session
    const answer = await reauthorise({ sub, sid, ctx })
    if (isRefusal(answer)) {
      await end('reauthorise', { path, ...identity, sid })
      throw new JwtRejection('not_authorised')
    }
    const claims = await prepareClaims(authorisedClaims('reauthorise', answer), { ...config, subject: sub })
    const access = await issueAccessToken(claims, config, session)
    const rotated = await rotate(generation, { path, ...identity, sid })
    const next = await issueRefreshToken({ session, generation: rotated }, config)
    return { access, refreshToken: next.token }
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
    abandon,
    async refresh(refreshToken, call) {
      const presented = await verifyRefreshToken(refreshToken, config)
      return reporter.rejecting({ path: call.path, ...presented.identity }, () => renew(presented, call))
    },
    end: (sid) => end('endSession', { path: undefined, sid }),
    async endAll(sub, except) {
      await store.endAll(sub, except).finally(() => live.evict())
      reporter.report({ type: 'ended', by: 'endSessions', path: undefined, sub })
    },
    async revoke({ bearer, refreshToken, path, clearBearer }) {
      const { sessions: named, includesBearer } = await sessionsToRevoke(bearer, refreshToken, config)
      const onEnd = includesBearer ? clearBearer : undefined
      const ending = named.map((session) => ({ path, ...session }))
      await Promise.all(ending.map((session) => reporter.rejecting(session, () => end('revoke', session, onEnd))))
      onEnd?.()
    },
  }
}

/** A session that ends: the call that ends it, and whom it belongs to. */
type EndedSession = ReportedCall & { readonly sid: string }

/** A store of the app's own may return anything. */
function checkRotation(rotation: unknown): Rotation {
  if (rotation === 'reused' || rotation === 'ended') return rotation
  const generation: unknown = (rotation as { generation?: unknown } | undefined)?.generation
  if (!Number.isSafeInteger(generation)) throw new JwtRejection('unavailable')
  return { generation: generation as number }
}
