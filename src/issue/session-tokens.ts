import type { Bearer } from '../bearer/create-context.ts'
import type { UntypedClaims } from '../verify/claims.ts'
import { answeredClaims, refuses } from './authorised-claims.ts'
import {
  issueAccessToken,
  issueRefreshToken,
  randomId,
  type IssueConfig,
  type TokenSession,
  type SignedToken,
} from './sign-token.ts'
import type { LiveSessions } from '../sessions/live-sessions.ts'
import { prepareClaims } from './prepare-claims.ts'
import { checkRecipient } from '../schema/expected-claims.ts'
import { verifyRefreshToken } from './refresh-token.ts'
import { JwtRejection } from '../outcome/rejection.ts'
import type { RenewableConfig } from '../config/resolve-sessions.ts'
import type { Rotation } from '../sessions/session-store.ts'
import { verifyToken, type VerifyConfig } from '../verify/verify-token.ts'

/** An access token and, with sessions, what renews it. */
export interface IssuedPair {
  readonly access: SignedToken
  readonly refreshToken?: string
}

/** What issues, renews and ends the tokens of sessions. */
export interface SessionTokens {
  /** Starts a session with prepared claims, and signs its first tokens. */
  start(own: UntypedClaims): Promise<IssuedPair>
  /** The session that an access token without a refresh token joins: the one named, or a new one that has yet to begin. */
  sessionOf(own: UntypedClaims, sid: string | undefined): TokenSession
  /** Begins a session. */
  begin(session: TokenSession): Promise<void>
  /** Rotates a session's refresh token, if `reauthorise` still says yes. */
  refresh(refreshToken: string, ctx: object): Promise<IssuedPair>
  /** Ends a session. */
  end(sid: string): Promise<void>
  /** Ends all sessions of a subject, but for one. */
  endAll(sub: string, except: string | undefined): Promise<void>
  /** Ends the sessions of a bearer and of a refresh token. What is over, or no token, is passed over. */
  revoke(bearer: Bearer, refreshToken: string | undefined): Promise<void>
}

interface Dependencies {
  readonly config: VerifyConfig & IssueConfig
  readonly sessions: RenewableConfig
  readonly live: LiveSessions
}

/** Signs before it writes to the store, and rotates last: a token that could not be issued costs no session its generation. */
export function createSessionTokens({ config, sessions, live }: Dependencies): SessionTokens {
  const { store, reauthorise, grace, expiresIn } = sessions

  const end = (sid: string): Promise<void> => store.end(sid).finally(() => live.forget(sid))

  const begin = ({ sid, sub, endsAt }: TokenSession): Promise<void> =>
    store.start({ sid, sub, expiresAt: new Date(endsAt * 1_000) })

  return {
    async start(own) {
      const session = newSession(own, Math.floor(config.now()), expiresIn)
      const access = await issueAccessToken(own, config, session)
      const refresh = await issueRefreshToken(session, 0, config)
      await begin(session)
      return { access, refreshToken: refresh.token }
    },
    sessionOf(own, sid) {
      const session = newSession(own, Math.floor(config.now()), expiresIn)
      return { ...session, ...(sid !== undefined && { sid }) }
    },
    begin,
    async refresh(refreshToken, ctx) {
      const { sub, sid, auth_time: authTime, exp: endsAt, generation } = await verifyRefreshToken(refreshToken, config)
      const answer = await reauthorise({ sub, sid, ctx })
      if (refuses(answer)) {
        await end(sid)
        throw new JwtRejection('not_authorised')
      }
      const own = await prepareClaims(answeredClaims('reauthorise', answer), { ...config, subject: sub })
      const session = { sub, sid, authTime, endsAt }
      const access = await issueAccessToken(own, config, session)
      const rotation = checkRotation(await store.rotate(sid, generation, grace))
      if (typeof rotation === 'string') {
        live.forget(sid)
        throw new JwtRejection('not_authorised')
      }
      const refresh = await issueRefreshToken(session, rotation.generation, config)
      return { access, refreshToken: refresh.token }
    },
    end,
    endAll: (sub, except) => store.endAll(sub, except).finally(() => live.forget()),
    async revoke(bearer, refreshToken) {
      const sids = await Promise.all([sidOfBearer(bearer, config), sidOfRefreshToken(refreshToken, config)])
      await Promise.all([...new Set(sids)].filter((sid) => sid !== undefined).map(end))
    },
  }
}

function newSession({ sub }: UntypedClaims, authTime: number, expiresIn: number): TokenSession {
  if (sub === undefined) throw new TypeError('The claims of a token lack `sub`, which sessions need.')
  return { sub, sid: randomId(), authTime, endsAt: authTime + expiresIn }
}

function checkRotation(rotation: unknown): Rotation {
  if (rotation === 'reused' || rotation === 'ended') return rotation
  const generation: unknown = (rotation as { generation?: unknown } | undefined)?.generation
  if (!Number.isSafeInteger(generation)) throw new JwtRejection('unavailable')
  return { generation: generation as number }
}

/** A token that has expired may still end its session; one that is for somebody else is no credential here. */
const sidOfBearer = (bearer: Bearer, config: VerifyConfig): Promise<string | undefined> =>
  ifVerified(async () => {
    const payload = await verifyToken(bearer.token, config.keys)
    checkRecipient(payload, config)
    return payload['sid'] as string | undefined
  })

const sidOfRefreshToken = (refreshToken: string | undefined, config: VerifyConfig): Promise<string | undefined> =>
  ifVerified(async () => (await verifyRefreshToken(refreshToken, config)).sid)

async function ifVerified(read: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof JwtRejection) return undefined
    throw error
  }
}
