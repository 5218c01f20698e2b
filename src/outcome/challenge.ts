import type { TRPCError } from '@trpc/server'

import { clientReasonOf } from './rejection-reasons.ts'
import { readRejection, type RejectionContent } from './rejection.ts'

/**
 * The `WWW-Authenticate` challenge for an error (RFC 6750 3): every 401 gets one, a 403 only for a missing scope.
 * Undefined for all other errors.
 */
export function challengeFor(error: TRPCError): string | undefined {
  if (error.code !== 'UNAUTHORIZED' && error.code !== 'FORBIDDEN') return undefined
  const rejection = readRejection(error.cause)
  const params = rejection ? challengeParams(rejection) : {}
  if (error.code === 'FORBIDDEN' && !('error' in params)) return undefined
  return formatChallenge({ realm: 'trpc', ...params })
}

function challengeParams({ reason, scope, maxAge }: RejectionContent): Record<string, string> {
  switch (clientReasonOf(reason)) {
    case 'missing':
    case 'not_authorised':
      return {}
    case 'expired':
      return { error: 'invalid_token', error_description: 'The access token expired' }
    case 'too_old':
      return { error: 'insufficient_user_authentication', ...(maxAge !== undefined && { max_age: String(maxAge) }) }
    case 'insufficient_scope':
      return { error: 'insufficient_scope', ...(scope !== undefined && { scope }) }
    default:
      return { error: 'invalid_token' }
  }
}

/** Every value is a constant or was checked, so it needs quotes and no escapes (RFC 9110 5.6.4). */
const formatChallenge = (params: Record<string, string>): string =>
  `Bearer ${Object.entries(params)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}`
