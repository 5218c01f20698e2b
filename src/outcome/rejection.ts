import { TRPCError } from '@trpc/server'

/** Why a call was refused, for the server's eyes: `error.cause.reason` and `retfunc` carry it. */
export type RejectionReason =
  | 'missing'
  | 'malformed'
  | 'bad_signature'
  | 'wrong_type'
  | 'expired'
  | 'not_yet_valid'
  | 'wrong_issuer'
  | 'wrong_audience'
  | 'wrong_subject'
  | 'invalid_claims'
  | 'revoked'
  | 'too_old'
  | 'insufficient_scope'
  | 'not_authorised'
  | 'unavailable'

/** Why a call was refused, as the client may know it: every fault of a token but its age is `invalid`. */
export type ClientReason =
  | 'missing'
  | 'invalid'
  | 'expired'
  | 'too_old'
  | 'insufficient_scope'
  | 'not_authorised'
  | 'unavailable'

/** The fixed texts that clients get, by client reason. Nothing of the request is ever in them. */
export const rejectionTexts: Readonly<Record<ClientReason, string>> = Object.freeze({
  missing: 'Authentication required',
  invalid: 'Invalid token',
  expired: 'Token expired',
  too_old: 'Recent authentication required',
  insufficient_scope: 'Insufficient scope',
  not_authorised: 'Not authorised',
  unavailable: 'Service unavailable',
})

const codes: Partial<Record<RejectionReason, TRPCError['code']>> = {
  insufficient_scope: 'FORBIDDEN',
  unavailable: 'SERVICE_UNAVAILABLE',
}

/** What the procedure asked for: it goes into the challenge. */
interface Requirement {
  readonly scope?: string
  readonly maxAge?: number
}

/**
 * The typed refusal of a call: the `cause` of the `TRPCError` that a refused call ends in.
 *
 * It carries a reason and what the procedure asked for, never a token, a claim or another library's error.
 */
export class JwtRejection extends Error {
  override readonly name = 'JwtRejection'
  /** Why, from a closed list. */
  readonly reason: RejectionReason
  /** The scope that the procedure asked for, where the reason is `insufficient_scope`. */
  readonly scope: string | undefined
  /** How recent a sign-in the procedure asked for, in seconds, where the reason is `too_old`. */
  readonly maxAge: number | undefined

  constructor(reason: RejectionReason, requirement: Requirement = {}) {
    super(`Refused: ${reason}`)
    this.reason = reason
    this.scope = requirement.scope
    this.maxAge = requirement.maxAge
  }
}

/** What the client may know of a reason. */
function clientReason(reason: RejectionReason): ClientReason {
  return Object.hasOwn(rejectionTexts, reason) ? (reason as ClientReason) : 'invalid'
}

/** The error that tRPC sends for a rejection: a fixed text and, since development builds send it, a fixed stack. */
export function toTRPCError(rejection: JwtRejection): TRPCError {
  const error = new TRPCError({
    code: codes[rejection.reason] ?? 'UNAUTHORIZED',
    message: rejectionTexts[clientReason(rejection.reason)],
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
 * The part of an error that tells the client why it was refused: `{ jwt: { reason } }`, or `{ jwt: null }` for other errors.
 *
 * Spread it into `data` in your `errorFormatter`, and the client reads a typed `error.data.jwt?.reason`.
 */
export function jwtErrorData(error: TRPCError): JwtErrorData {
  return { jwt: error.cause instanceof JwtRejection ? { reason: clientReason(error.cause.reason) } : null }
}
