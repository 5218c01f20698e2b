import { initTRPC } from '@trpc/server'
import { createJwtTrivial, type BearerContext } from 'trpc-jwt-trivial'
import * as z from 'zod'

export const passphrase = process.env.JWT_PASSPHRASE
export const claims = z.object({ sub: z.string(), role: z.enum(['reader', 'writer']) })
export const credentials = z.object({ email: z.email() })

export const jwt = createJwtTrivial({ passphrase, claims, credentials, authorise: () => null })
const t = initTRPC.context<BearerContext>().create()

export const appRouter = t.router({
  token: jwt.tokenRouter,

  // refused: Property 'unknownClaim' does not exist
  unknownClaim: jwt.protectedProcedure.query(({ ctx }) => ctx.jwt.unknownClaim),

  // refused: Type '{ readonly iss?: string
  plainMembers: jwt.protectedProcedure.query(({ ctx }): number => ctx.jwt),

  changedClaim: jwt.protectedProcedure.mutation(({ ctx }) => {
    // refused: read-only
    ctx.jwt.role = 'writer'
  }),

  // refused: possibly 'null'
  optional: jwt.protect({ optional: true }).query(({ ctx }) => ctx.jwt.sub),

  // refused: Property 'jwt' does not exist
  unguarded: t.procedure.query(({ ctx }) => ctx.jwt),

  // refused: Property 'db' does not exist
  anotherContext: jwt.protectedProcedure.query(({ ctx }) => ctx.db),
})

const caller = appRouter.createCaller({ bearer: { status: 'missing' } })

// refused: 'number' is not assignable to type 'string'
export const wrongCredentials = caller.token.create({ email: 1 })

// refused: Expected 1 arguments, but got 0
export const noCredentials = caller.token.create()

// refused: not assignable to parameter of type 'BearerContext
void appRouter.createCaller({})

// refused: Property 'hello' does not exist
export const unknownProcedure = caller.hello()

const bare = initTRPC.context<{ db: string }>().create()

// refused: Context mismatch
export const withoutBearer = bare.procedure.concat(jwt.protectedProcedure)
