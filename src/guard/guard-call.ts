import type { JWTPayload } from 'jose'

import type { Bearer } from '../bearer/create-context.ts'
import type { ParsedBearer } from '../bearer/parse-bearer.ts'
import { JwtRejection } from '../outcome/rejection.ts'
import { identityOf, type Reporter } from '../outcome/report-outcome.ts'
import type { SessionLiveness } from '../sessions/session-liveness.ts'
import type { Claims } from '../verify/claim-types.ts'
import { createTokenCache, type VerifiedToken } from '../verify/token-cache.ts'
import { verifyClaims } from '../verify/verify-claims.ts'
import type { VerifyConfig } from '../verify/verify-config.ts'
import { checkRequirements, type Requirements } from './requirements.ts'

/** The call that a bearer came with. */
interface Call {
  /** The procedure's path; undefined if `verify` was called directly. */
  readonly path?: string
  /** An object that all guards of the call share, and no other call does: a call that several guards admit is reported once. */
  readonly identity?: object
}

/** An admitted bearer: the claims for `ctx.jwt`, and its token. */
interface Admission {
  readonly claims: Claims
  readonly token: VerifiedToken
}

/** What was reported of a call. Another path or bearer would be another call, whatever it shares with the first. */
interface ReportedAdmission {
  readonly path: string | undefined
  readonly bearer: Bearer
}

/** Admits calls, and rechecks them while their streams last. */
export interface CallGuard {
  /**
   * Checks a bearer. Returns `null` if there are no credentials and none are required.
   *
   * @throws {TRPCError} the rejection
   */
  admit(bearer: Bearer, required: Requirements, call: Call): Promise<Admission | null>
  /**
   * Verifies the token that an admitted bearer has now. `recheck` checks the rest.
   *
   * @throws {JwtRejection}
   */
  verify(bearer: ParsedBearer): VerifiedToken | Promise<VerifiedToken>
  /**
   * Checks a verified token again.
   *
   * @param withSession - whether to look up the session too
   * @throws {JwtRejection}
   */
  recheck(token: VerifiedToken, required: Requirements, withSession: boolean): Promise<void>
}

interface Dependencies {
  readonly config: VerifyConfig
  readonly reporter: Reporter
  /** Undefined without sessions. */
  readonly live: SessionLiveness | undefined
}

/** Makes the guard of an instance. */
export function createCallGuard({ config, reporter, live }: Dependencies): CallGuard {
  const tokenCache = createTokenCache(config)
  const reportedCalls = new WeakMap<object, ReportedAdmission[]>()

  /** Verifies the token of a bearer, or finds it in the cache. `check` then runs at each call. */
  function verify(bearer: ParsedBearer): VerifiedToken | Promise<VerifiedToken> {
    if (bearer.status !== 'present') throw new JwtRejection(bearer.status)
    return tokenCache.verify(bearer)
  }

  async function check(
    token: VerifiedToken,
    required: Requirements,
    checkSession: (payload: JWTPayload) => Promise<void> | void,
  ): Promise<Claims> {
    verifyClaims(token.payload, required, config)
    const claims = token.claims ?? (await tokenCache.parseClaims(token))
    const pending = checkSession(token.payload)
    if (pending) {
      await pending
      verifyClaims(token.payload, required, config) // the answer may have taken longer than the token lasts
    }
    checkRequirements(claims, required, config.nowSeconds())
    return claims
  }

  /** Once for each call, whichever guards it has; a call made inside of it is another call. */
  function report(bearer: Bearer, token: VerifiedToken, { path, identity }: Call): void {
    if (!reporter.hasListener) return
    const reported = (identity && reportedCalls.get(identity)) ?? []
    if (reported.some((one) => one.path === path && one.bearer === bearer)) return
    if (identity) reportedCalls.set(identity, [...reported, { path, bearer }])
    reporter.report({ type: 'accepted', path, ...identityOf(token.payload) })
  }

  return {
    async admit(bearer, required, call) {
      if (bearer.status === 'missing' && required.optional) return null
      let token: VerifiedToken | undefined
      try {
        token = await verify(bearer)
        const request = bearer.oneRequest ? bearer : undefined
        const claims = await check(token, required, (payload) => live?.check(payload, { request }))
        bearer.connection?.scheduleReconnectNotice(token.payload, config.nowSeconds())
        report(bearer, token, call)
        return { claims, token }
      } catch (error) {
        throw reporter.reject(error, { path: call.path, ...identityOf(token?.payload) })
      }
    },
    verify,
    async recheck(token, required, withSession) {
      await check(token, required, (payload) => (withSession ? live?.check(payload) : undefined))
    },
  }
}
