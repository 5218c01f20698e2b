import type { TRPCError } from '@trpc/server'

import { JwtRejection } from './rejection.ts'

/** What `responseMeta` reads of the options that tRPC hands it. */
export interface ResponseMetaOptions {
  errors: readonly TRPCError[]
  info?: { readonly calls: readonly { readonly procedure: unknown }[] } | undefined
}

/** Turns the outcome of a request into response headers, as an adapter's `responseMeta` option. */
export type ResponseMeta = (opts: ResponseMetaOptions) => { headers: Headers }

/**
 * Answers refused calls with the challenge of the first rejection, any other 401 with a bare one (RFC 6750 3), and marks the
 * answers of `tokenProcedures` as not to be stored (RFC 6749 5.1). Streamed answers have sent their headers before anything
 * is refused: they carry no challenge.
 */
export function createResponseMeta(tokenProcedures: ReadonlySet<unknown> = new Set()): ResponseMeta {
  return ({ errors, info }) => {
    const headers = new Headers()
    const rejections = errors.filter((error) => error.cause instanceof JwtRejection)
    const challenge = [...rejections, ...errors].map(challengeFor).find((found) => found !== undefined)
    if (challenge) headers.set('www-authenticate', challenge)
    if (info?.calls.some((call) => tokenProcedures.has(call.procedure))) headers.set('cache-control', 'no-store')
    return { headers }
  }
}

function challengeFor(error: TRPCError): string | undefined {
  if (error.code !== 'UNAUTHORIZED' && error.code !== 'FORBIDDEN') return undefined
  const params = error.cause instanceof JwtRejection ? challengeParams(error.cause) : {}
  if (error.code === 'FORBIDDEN' && !('error' in params)) return undefined
  return formatChallenge({ realm: 'trpc', ...params })
}

function challengeParams({ reason, scope, maxAge }: JwtRejection): Record<string, string> {
  switch (reason) {
    case 'missing':
    case 'not_authorised':
      return {}
    case 'expired':
      return { error: 'invalid_token', error_description: 'The access token expired' }
    case 'too_old':
      return { error: 'insufficient_user_authentication', max_age: String(maxAge) }
    case 'insufficient_scope':
      return { error: 'insufficient_scope', scope: String(scope) }
    default:
      return { error: 'invalid_token' }
  }
}

/** Every value is a constant or was checked at construction, so that quoting is all there is to do (RFC 9110 5.6.4). */
const formatChallenge = (params: Record<string, string>): string =>
  `Bearer ${Object.entries(params)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}`
