import { TRPCError } from '@trpc/server'

import { clientReasonOf, rejectionTexts, type ClientReason, type RejectionReason } from './rejection-reasons.ts'

/** What the procedure required: the challenge repeats it. */
interface Requirement {
  readonly scope?: string
  readonly maxAge?: number
}

/**
 * The typed rejection of a call: the `cause` of the `TRPCError` that a rejected call ends in.
 *
 * It carries a reason and what the procedure required. It never carries a token, a claim or an error of another library.
 */
export class JwtRejection extends Error {
  override readonly name = 'JwtRejection'
  /** Why the call was rejected. */
  readonly reason: RejectionReason
  /** The scope that the procedure requires, where the reason is `insufficient_scope`. */
  readonly scope: string | undefined
  /** The greatest age of a sign-in that the procedure accepts, in seconds, where the reason is `too_old`. */
  readonly maxAge: number | undefined

  constructor(reason: RejectionReason, requirement: Requirement = {}) {
    super(`Refused: ${reason}`)
    this.reason = reason
    this.scope = requirement.scope
    this.maxAge = requirement.maxAge
  }
}

const codes: Partial<Record<RejectionReason, TRPCError['code']>> = {
  insufficient_scope: 'FORBIDDEN',
  unavailable: 'SERVICE_UNAVAILABLE',
}

/** The error that tRPC sends for a rejection: a fixed message and, since development builds send it, a fixed stack. */
export function toTRPCError(rejection: JwtRejection): TRPCError {
  const error = new TRPCError({
    code: codes[rejection.reason] ?? 'UNAUTHORIZED',
    message: rejectionTexts[clientReasonOf(rejection.reason)],
    cause: rejection,
  })
  error.stack = `TRPCError: ${error.message}`
  return error
}

/** What `jwtErrorData` adds to an error's `data`. */
export interface JwtErrorData {
  jwt: { reason: ClientReason } | null
}

/**
 * Returns the part of an error that tells the client why the call was rejected: `{ jwt: { reason } }`, or `{ jwt: null }`
 * for all other errors.
 *
 * @example
 * ```ts
 * // the client then reads a typed `error.data.jwt?.reason`
 * initTRPC.create({
 *   errorFormatter: ({ shape, error }) => ({ ...shape, data: { ...shape.data, ...jwtErrorData(error) } }),
 * })
 * ```
 */
export function jwtErrorData(error: TRPCError): JwtErrorData {
  return { jwt: error.cause instanceof JwtRejection ? { reason: clientReasonOf(error.cause.reason) } : null }
}
