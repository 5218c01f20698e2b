import { TRPCError } from '@trpc/server'

import type { RejectionReason } from './rejection-reasons.ts'
import { JwtRejection, toTRPCError } from './rejection.ts'

/** The identity in a token's claims, as far as a verified token names it. */
export interface TokenIdentity {
  readonly sub?: string
  readonly sid?: string
  readonly jti?: string
}

/**
 * What `retfunc` gets just before the outcome is returned. `path` is the procedure's path; it is undefined for direct calls of
 * `createAccessToken`, `verify`, `endSession` and `endSessions`. A rejection has `sub`, `sid` and `jti` only where the token's
 * signature is valid.
 */
export type Outcome = Readonly<
  TokenIdentity & { path: string | undefined } & (
      | { type: 'issued' }
      | { type: 'accepted' }
      | { type: 'rejected'; reason: RejectionReason }
    )
>

/** Called with each outcome; for a rejection it may return the `TRPCError` to send instead. */
export type Retfunc = (outcome: Outcome) => TRPCError | void

/** The call that was rejected: its path, and the identity in its token. */
export type RejectedCall = TokenIdentity & { readonly path: string | undefined }

/** Reports outcomes to `retfunc`. */
export interface Reporter {
  /** Whether there is a `retfunc`. */
  readonly hasListener: boolean
  report(outcome: Outcome): void
  /** Reports a rejection, and returns the error to send. Other errors are returned unchanged. */
  reject(error: unknown, call: RejectedCall): unknown
  /** Does some work. If it throws a rejection, reports it and throws the error to send. */
  rejecting<T>(path: string | undefined, work: () => Promise<T>): Promise<T>
}

/** Wraps `retfunc`. If it throws, the call ends in a fixed message; what it returns can only replace a rejection. */
export function createReporter(retfunc: Retfunc | undefined): Reporter {
  const callRetfunc = (outcome: Outcome): unknown => {
    try {
      return retfunc?.(Object.freeze(outcome))
    } catch (cause) {
      throw new TRPCError({ code: 'INTERNAL_SERVER_ERROR', message: 'retfunc failed', cause })
    }
  }
  const reject: Reporter['reject'] = (error, call) => {
    if (!(error instanceof JwtRejection)) return error
    const replacement = callRetfunc({ type: 'rejected', reason: error.reason, ...call })
    return replacement instanceof TRPCError ? replacement : toTRPCError(error)
  }
  return {
    hasListener: retfunc !== undefined,
    report(outcome) {
      callRetfunc(outcome)
    },
    reject,
    async rejecting(path, work) {
      try {
        return await work()
      } catch (error) {
        throw reject(error, { path })
      }
    },
  }
}

/** The identity claims that a payload has. */
export function identityOf(payload: Record<string, unknown> = {}): TokenIdentity {
  const present = ['sub', 'sid', 'jti'].filter((name) => typeof payload[name] === 'string')
  return Object.fromEntries(present.map((name) => [name, payload[name]]))
}
