/** Why a call was rejected, for the server only: `error.cause.reason` and `retfunc` carry it. */
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
  | 'superseded'
  | 'too_old'
  | 'insufficient_scope'
  | 'not_authorised'
  | 'reused'
  | 'unavailable'

/** Why a call was rejected, as the client is told: all faults of a token except its age are `invalid`. */
export type ClientReason =
  | 'missing'
  | 'invalid'
  | 'expired'
  | 'too_old'
  | 'insufficient_scope'
  | 'not_authorised'
  | 'unavailable'

/** The fixed messages that clients get, by client reason. They never contain anything of the request. */
export const rejectionTexts: Readonly<Record<ClientReason, string>> = Object.freeze({
  missing: 'Authentication required',
  invalid: 'Invalid token',
  expired: 'Token expired',
  too_old: 'Recent authentication required',
  insufficient_scope: 'Insufficient scope',
  not_authorised: 'Not authorised',
  unavailable: 'Service unavailable',
})

/** What a client is told for the reasons that are not the client's to know. All others of them are `invalid`. */
const toldInstead: ReadonlyMap<RejectionReason, ClientReason> = new Map([
  ['reused', 'not_authorised'],
  ['superseded', 'expired'],
])

/** The reason that a client is told for a reason that the server knows, or that another copy of the package may know. */
export function clientReasonOf(reason: RejectionReason): ClientReason {
  if (Object.hasOwn(rejectionTexts, reason)) return reason as ClientReason
  return toldInstead.get(reason) ?? 'invalid'
}
