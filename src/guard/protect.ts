import { initTRPC, type TRPCProcedureBuilder, type TRPCUnsetMarker } from '@trpc/server'

import { bearerOf, bearerOfOneSignIn, type BearerContext } from '../bearer/create-context.ts'
import type { ExpectedClaims } from '../schema/expected-claims.ts'
import type { Claims } from '../verify/claim-types.ts'
import type { CallGuard } from './guard-call.ts'
import type { StreamGuard } from './guard-stream.ts'
import { resolveRequirements, type OptionalProtectOptions, type ProtectOptions } from './requirements.ts'

/** Marks a middleware as a guard, for `assertProtected`. All copies of this package share the symbol. */
export const GUARD: unique symbol = Symbol.for('trpc-jwt-trivial.guard')

/**
 * A procedure builder that verifies the bearer token and puts its claims into `ctx.jwt`.
 *
 * Written with eight arguments, so that it fits every `@trpc/server` of the peer range.
 */
export type ProtectedProcedure<Jwt> = TRPCProcedureBuilder<
  BearerContext,
  object,
  { jwt: Jwt },
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  false
>

/** Makes procedure builders with requirements of their own. */
export interface Protect<ClaimsOut> {
  /** Also accepts callers without credentials, with `ctx.jwt: null`. An invalid token is still rejected. */
  (options: OptionalProtectOptions): ProtectedProcedure<Claims<ClaimsOut> | null>
  /** Returns `protectedProcedure` with additional requirements. */
  (options?: ProtectOptions): ProtectedProcedure<Claims<ClaimsOut>>
}

interface Dependencies {
  readonly callGuard: CallGuard
  readonly guardStream: StreamGuard
  readonly instance: ExpectedClaims
}

/** Makes the `protect` of an instance. All procedures of an instance share one guard. */
export function createProtect<ClaimsOut>({ callGuard, guardStream, instance }: Dependencies): Protect<ClaimsOut> {
  const t = initTRPC.context<BearerContext>().create()

  function protect(
    options: ProtectOptions | OptionalProtectOptions = {},
  ): ProtectedProcedure<Claims<ClaimsOut> & null> {
    const required = resolveRequirements(options, instance)
    const guarded = t.procedure.use(async ({ ctx, path, type, signal, getRawInput, next }) => {
      const bearer = bearerOfOneSignIn(bearerOf(ctx))
      const admission = await callGuard.admit(bearer, required, { path, identity: getRawInput })
      const own = { jwt: (admission?.claims ?? null) as Claims<ClaimsOut> & null }
      const result = await next({ ctx: bearer.connection ? { ...own, bearer } : own })
      const mayStream = result.ok && (type === 'subscription' || isGenerator(result.data))
      if (!mayStream || !admission) return result
      const { token } = admission
      return { ...result, data: guardStream(result.data, { bearer, token, required, path, signal }) }
    })
    const [middleware] = guarded._def.middlewares.slice(-1)
    Object.defineProperty(middleware, GUARD, { value: !required.optional })
    return guarded
  }
  return protect
}

/** A query or a mutation may return a stream, too: tRPC sends a generator event by event (`httpBatchStreamLink`). */
function isGenerator(data: unknown): data is AsyncGenerator {
  return typeof data === 'object' && data !== null && Symbol.asyncIterator in data && 'next' in data && 'throw' in data
}
