/** The reasons that concern the client's tokens, by the fixed message of the server. */
const REASONS: ReadonlyMap<unknown, string> = new Map([
  ['Token expired', 'expired'],
  ['Invalid token', 'invalid'],
  ['Not authorised', 'not_authorised'],
])

/**
 * Returns what an error of the server means for the tokens. `'renew'`: the access token was rejected, and a renewal may help.
 * `'sign-out'`: the renewal was rejected, so the session is over. Undefined for all other errors.
 *
 * If the app sends reasons (`jwtErrorData`), they decide, so that the same words in an error of the app mean nothing here.
 */
export function readRejection(error: unknown): 'renew' | 'sign-out' | undefined {
  const { message, data } = error as { message?: unknown; data?: ErrorData | null }
  if (data?.code !== 'UNAUTHORIZED') return undefined
  const reason = data.jwt === undefined ? REASONS.get(message) : data.jwt?.reason
  if (reason === 'not_authorised') return 'sign-out'
  return reason === 'expired' || reason === 'invalid' ? 'renew' : undefined
}

interface ErrorData {
  readonly code?: unknown
  readonly jwt?: { readonly reason?: unknown } | null
}
