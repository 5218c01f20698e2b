import { TRPCError } from '@trpc/server'

import { JwtRejection, toTRPCError, type RejectionReason } from './rejection.ts'

/** Whom an outcome is about, as far as a verified token says so. */
export interface TokenIdentity {
  readonly sub?: string
  readonly sid?: string
  readonly jti?: string
}

/**
 * What `retfunc` sees just before it is returned. `path` is the procedure's; undefined where `createAccessToken` or `verify`
 * was called directly. A rejection names `sub`, `sid` and `jti` only where the token's signature held.
 */
export type Outcome = Readonly<
  TokenIdentity & { path: string | undefined } & (
      | { type: 'issued' }
      | { type: 'accepted' }
      | { type: 'rejected'; reason: RejectionReason }
    )
>

/** Sees each outcome; for a rejection it may return the `TRPCError` to send instead. */
export type Retfunc = (outcome: Outcome) => TRPCError | void

/** Tells `retfunc` of outcomes. */
export interface Reporter {
  /** Whether anybody listens. */
  readonly heard: boolean
  report(outcome: Outcome): void
  /** The error that a refused call ends in. Errors that are no rejection are given back as they came. */
  refuse(error: unknown, about: TokenIdentity & { path: string | undefined }): unknown
  /** Does some work; a rejection in it ends the call in the error to send. */
  refusing<T>(path: string | undefined, work: () => Promise<T>): Promise<T>
}

/** Wraps `retfunc`: what it throws ends the call in a fixed text, what it returns can only replace a rejection. */
export function createReporter(retfunc: Retfunc | undefined): Reporter {
  const tell = (outcome: Outcome): unknown => {
    try {
      return retfunc?.(Object.freeze(outcome))
    } catch (cause) {
      throw new TRPCError({ code: 'INTERNAL_SERVER_ERROR', message: 'retfunc failed', cause })
    }
  }
  const refuse: Reporter['refuse'] = (error, about) => {
    if (!(error instanceof JwtRejection)) return error
    const answer = tell({ type: 'rejected', reason: error.reason, ...about })
    return answer instanceof TRPCError ? answer : toTRPCError(error)
  }
  return {
    heard: retfunc !== undefined,
    report(outcome) {
      tell(outcome)
    },
    refuse,
    async refusing(path, work) {
      try {
        return await work()
      } catch (error) {
        throw refuse(error, { path })
      }
    },
  }
}

/** The identity that a payload names, without what it lacks. */
export function identityOf(payload: Record<string, unknown> = {}): TokenIdentity {
  const named = ['sub', 'sid', 'jti'].filter((name) => typeof payload[name] === 'string')
  return Object.fromEntries(named.map((name) => [name, payload[name]]))
}
