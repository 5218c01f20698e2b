import { initTRPC, TRPCError } from '@trpc/server'
import {
  assertProtected,
  createJwtVerifier,
  JwtRejection,
  rejectionTexts,
  type BearerContext,
  type ClientReason,
  type Outcome,
  type Retfunc,
} from 'trpc-jwt-trivial'
import * as z from 'zod'

export const outcomes: Outcome[] = []

const retfunc: Retfunc = (outcome) => {
  outcomes.push(outcome)
  const expired = outcome.type === 'rejected' && outcome.reason === 'expired'
  return expired ? new TRPCError({ code: 'TIMEOUT' }) : undefined
}

/** Another machine, which shares the passphrase. */
export const verifier = createJwtVerifier({
  passphrase: process.env.JWT_PASSPHRASE,
  claims: z.object({ sub: z.string(), role: z.string().transform((role) => ({ role })) }),
  retfunc,
})

const t = initTRPC.context<BearerContext>().create()
export const serviceRouter = t.router({
  open: t.procedure.query(() => 'open'),
  role: verifier.protectedProcedure.query(({ ctx }) => ctx.jwt.role),
  reports: t.router({ list: verifier.protect({ scope: ['reports', 'read'] }).query(({ ctx }) => ctx.jwt.sub) }),
})
export type ServiceRouter = typeof serviceRouter

export const startUp = async () => assertProtected(serviceRouter, { public: ['open'] })

export const reasonOf = (error: unknown) =>
  error instanceof TRPCError && error.cause instanceof JwtRejection ? error.cause.reason : undefined

export const textFor = (reason: ClientReason) => rejectionTexts[reason]
