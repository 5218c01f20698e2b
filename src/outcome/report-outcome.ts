import type { TRPCError } from '@trpc/server'

import type { RejectionReason } from './rejection-reasons.ts'
import { errorWithFixedStack, failureBehind, isRejection, toTRPCError } from './rejection.ts'

/** The identity in a token's claims, as far as a verified token names it. */
export interface TokenIdentity {
  readonly sub?: string
  readonly sid?: string
  readonly jti?: string
  /** Who acts for the subject, as the token's `act` claim names them (RFC 8693 4.1). */
  readonly act?: Readonly<Record<string, unknown>>
}

/** What ended a session: a call of `token.revoke`, a reused refresh token, a refusal of `reauthorise`, or your own call. */
export type EndedBy = 'revoke' | 'reuse' | 'reauthorise' | 'endSession' | 'endSessions'

/**
 * What `retfunc` gets just before the outcome is returned. `path` is the procedure's path; it is undefined for direct calls of
 * `createAccessToken`, `verify`, `endSession` and `endSessions`. The identity is that of the token, if its signature is valid.
 * `endSession` names only the `sid`, and `endSessions` only the `sub`.
 */
export type Outcome = Readonly<
  TokenIdentity & { path: string | undefined } & (
      | { type: 'issued' }
      | { type: 'renewed' }
      | { type: 'accepted' }
      /** `error` is what the session store or the key server failed with, where the reason is `unavailable`. */
      | { type: 'rejected'; reason: RejectionReason; error?: unknown }
      | { type: 'ended'; by: EndedBy }
    )
>

/** Called with each outcome; for a rejection it may return the `TRPCError` to send instead. It must not return a promise. */
export type Retfunc = (outcome: Outcome) => TRPCError | void

/** A call as outcomes name it: its path, and the identity in its token. */
export type ReportedCall = TokenIdentity & { readonly path: string | undefined }

/** Reports outcomes to `retfunc`. */
export interface Reporter {
  /** Whether there is a `retfunc`. */
  readonly hasListener: boolean
  report(outcome: Outcome): void
  /** Reports a rejection, and returns the error to send. Other errors are returned unchanged. */
  reject(error: unknown, call: ReportedCall): unknown
  /** Does some work. If it throws a rejection, reports it and throws the error to send. */
  rejecting<T>(call: ReportedCall, work: () => Promise<T>): Promise<T>
}

/** Wraps `retfunc`. If it throws, the call ends in a fixed message; what it returns can only replace a rejection. */
export function createReporter(retfunc: Retfunc | undefined): Reporter {
  const callRetfunc = (outcome: Outcome): unknown => {
    try {
      return refusePromise(retfunc?.(Object.freeze(outcome)))
    } catch (cause) {
      throw errorWithFixedStack({ code: 'INTERNAL_SERVER_ERROR', message: 'retfunc failed', cause })
    }
  }
  const reject: Reporter['reject'] = (error, call) => {
    if (!isRejection(error)) return error
    const failure = failureBehind(error)
    const outcome = { type: 'rejected', reason: error.reason, ...call } as const
    const replacement = callRetfunc(failure === undefined ? outcome : { ...outcome, error: failure })
    return isTRPCError(replacement) ? replacement : toTRPCError(error)
  }
  return {
    hasListener: retfunc !== undefined,
    report(outcome) {
      callRetfunc(outcome)
    },
    reject,
    async rejecting(call, work) {
      try {
        return await work()
      } catch (error) {
        throw reject(error, call)
      }
    },
  }
}

/** By its name, as tRPC itself does it: `@trpc/server` is there twice if an app uses both its builds. */
const isTRPCError = (value: unknown): value is TRPCError => value instanceof Error && value.name === 'TRPCError'

/**
 * Returns an answer of `retfunc`, unless it is a promise. The types refuse one, JavaScript does not.
 *
 * @throws {TypeError} that names the fix
 */
function refusePromise(answer: unknown): unknown {
  if (!isThenable(answer)) return answer
  // Nobody waits for it, so nobody else would handle its rejection, and that ends the process.
  void Promise.resolve(answer).catch(() => {})
  throw new TypeError('retfunc returned a promise; make it synchronous, and start slow work in it without waiting')
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === 'function'

/** The identity claims that a payload has. Copied and frozen: the payload of a remembered token serves other calls too. */
export function identityOf(payload: Record<string, unknown> = {}): TokenIdentity {
  const present = ['sub', 'sid', 'jti'].filter((name) => typeof payload[name] === 'string')
  const identity = Object.fromEntries(present.map((name) => [name, payload[name]]))
  return isObject(payload['act']) ? { ...identity, act: deepFrozen(structuredClone(payload['act'])) } : identity
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFrozen)
  return value
}
