import { initTRPC, type TRPCProcedureBuilder, type TRPCUnsetMarker } from '@trpc/server'

import { bearerOf, type BearerContext } from '../bearer/create-context.ts'
import type { Claims } from '../verify/claims.ts'
import type { CallGuard } from './guard-call.ts'
import type { ExpectedClaims } from '../schema/expected-claims.ts'
import { resolveRequirements, type OptionalProtectOptions, type ProtectOptions } from './requirements.ts'
import type { StreamGuard } from './guard-stream.ts'

/** The key under which a middleware says that it guards, for `assertProtected`; shared by all copies of this package. */
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

/** Makes procedure builders that ask something of a token. */
export interface Protect<ClaimsOut> {
  /** Callers without credentials come in too, with `ctx.jwt` as `null`; a bad token is refused all the same. */
  (options: OptionalProtectOptions): ProtectedProcedure<Claims<ClaimsOut> | null>
  /** `protectedProcedure`, and what `options` ask for. */
  (options?: ProtectOptions): ProtectedProcedure<Claims<ClaimsOut>>
}

interface Dependencies {
  readonly gate: CallGuard
  readonly keeper: StreamGuard
  readonly instance: ExpectedClaims
}

/** Makes the `protect` of an instance: every procedure under it passes the same gate. */
export function createProtect<ClaimsOut>({ gate, keeper, instance }: Dependencies): Protect<ClaimsOut> {
  const t = initTRPC.context<BearerContext>().create()

  function protect(
    options: ProtectOptions | OptionalProtectOptions = {},
  ): ProtectedProcedure<Claims<ClaimsOut> & null> {
    const requirements = resolveRequirements(options, instance)
    const guarded = t.procedure.use(async ({ ctx, path, type, signal, next }) => {
      const bearer = bearerOf(ctx)
      const admission = await gate.admit(bearer, requirements, { path, admitted: (ctx as { jwt?: unknown }).jwt })
      const result = await next({ ctx: { jwt: (admission?.claims ?? null) as Claims<ClaimsOut> & null } })
      if (type !== 'subscription' || !result.ok || !admission) return result
      const { payload } = admission
      return { ...result, data: keeper.keep(result.data, { bearer, payload, requirements, path, signal }) }
    })
    const [middleware] = guarded._def.middlewares.slice(-1)
    Object.defineProperty(middleware, GUARD, { value: !requirements.optional })
    return guarded
  }
  return protect
}
