import type { TRPCError } from '@trpc/server'

import { challengeFor } from './challenge.ts'
import { isRejection } from './rejection.ts'

/** The options of tRPC's `responseMeta` that this library reads. */
export interface ResponseMetaOptions {
  errors: readonly TRPCError[]
  info?: { readonly calls: readonly { readonly procedure: unknown }[] } | undefined
}

/** Turns the outcome of a request into response headers, as an adapter's `responseMeta` option. */
export type ResponseMeta = (opts: ResponseMetaOptions) => { headers: Headers }

/**
 * Makes the `responseMeta` of an instance. It adds the challenge of the response's first rejection, or of its first other
 * error that has one (RFC 6750 3), and marks the answers of `tokenProcedures` as `no-store` (RFC 6749 5.1). A streamed
 * response has sent its headers before a call is rejected, so it carries no challenge.
 */
export function createResponseMeta(tokenProcedures: ReadonlySet<unknown> = new Set()): ResponseMeta {
  return ({ errors, info }) => {
    const headers = new Headers()
    const rejections = errors.filter(({ cause }) => isRejection(cause))
    const challenge = [...rejections, ...errors].map(challengeFor).find((found) => found !== undefined)
    if (challenge) headers.set('www-authenticate', challenge)
    if (info?.calls.some((call) => tokenProcedures.has(call.procedure))) headers.set('cache-control', 'no-store')
    return { headers }
  }
}
