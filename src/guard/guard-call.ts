import type { JWTPayload } from 'jose'

import type { Bearer } from '../bearer/create-context.ts'
import type { Claims } from '../verify/claims.ts'
import type { LiveSessions } from '../sessions/live-sessions.ts'
import { identityOf, type Reporter } from '../outcome/report.ts'
import { checkRecipient } from '../schema/expected-claims.ts'
import { JwtRejection } from '../outcome/rejection.ts'
import { checkRequirements, type Requirements } from './requirements.ts'
import { createTokenCache, type VerifiedToken } from '../verify/token-cache.ts'
import { checkTimes, type VerifyConfig } from '../verify/verify-token.ts'

/** Where a decision is asked for. */
interface Call {
  /** The procedure's path; undefined where `verify` was called directly. */
  readonly path?: string
  /** What an earlier guard of the same call left in `ctx.jwt`: what this instance has accepted is not reported twice. */
  readonly admitted?: unknown
}

/** What a bearer carried as it was admitted. */
interface Admission {
  readonly claims: Claims
  readonly payload: JWTPayload
}

/** Decides who may pass. */
export interface CallGuard {
  /**
   * What a bearer carries, or `null` where nothing was needed and nothing came.
   *
   * @throws {TRPCError} the rejection
   */
  admit(bearer: Bearer, requirements: Requirements, call: Call): Promise<Admission | null>
  /**
   * Looks again at a bearer that was admitted, as a stream goes on: what it carries by now, which must still be good.
   *
   * @param ask - whether to ask for its session too
   * @throws {JwtRejection}
   */
  recheck(bearer: Bearer, requirements: Requirements, ask: boolean): Promise<JWTPayload>
}

interface Dependencies {
  readonly config: VerifyConfig
  readonly reporter: Reporter
  /** Undefined without sessions. */
  readonly live: LiveSessions | undefined
}

/** One gate per instance: it remembers what it verified, and what it has reported. */
export function createCallGuard({ config, reporter, live }: Dependencies): CallGuard {
  const verifiedTokens = createTokenCache(config)
  const accepted = new WeakSet()

  function open(bearer: Bearer): VerifiedToken | Promise<VerifiedToken> {
    if (bearer.status !== 'present') throw new JwtRejection(bearer.status)
    return verifiedTokens.open(bearer)
  }

  /** The session is asked for once per HTTP request where `bearer` says whose it is, and not at all where `ask` is false. */
  async function check(
    token: VerifiedToken,
    requirements: Requirements,
    { ask, bearer }: { ask: boolean; bearer?: Bearer },
  ): Promise<Claims> {
    const { payload } = token
    checkTimes(payload, config)
    checkRecipient(payload, requirements)
    const claims = token.claims ?? (await verifiedTokens.accept(token))
    if (live && ask) await live.check(payload, bearer)
    checkRequirements(claims, requirements, config.now())
    return claims
  }

  return {
    async admit(bearer, requirements, { path, admitted }) {
      if (bearer.status === 'missing' && requirements.optional) return null
      let token: VerifiedToken | undefined
      try {
        token = await open(bearer)
        const claims = await check(token, requirements, { ask: true, bearer })
        bearer.connection?.expectEnd(token.payload, config.now())
        if (reporter.heard && !accepted.has(admitted as object))
          reporter.report({ type: 'accepted', path, ...identityOf(token.payload) })
        if (reporter.heard) accepted.add(claims)
        return { claims, payload: token.payload }
      } catch (error) {
        throw reporter.refuse(error, { path, ...identityOf(token?.payload) })
      }
    },
    async recheck(bearer, requirements, ask) {
      const token = await open(bearer)
      await check(token, requirements, { ask })
      bearer.connection?.expectEnd(token.payload, config.now())
      return token.payload
    },
  }
}
