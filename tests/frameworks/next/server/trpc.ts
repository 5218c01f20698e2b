import { initTRPC } from '@trpc/server'
import { createJwtTrivial } from 'trpc-jwt-trivial'
import * as z from 'zod'

const passwords: Record<string, string> = { ann: 'tea at four, as ever', bob: 'coffee at noon, rarely' }

export const jwt = createJwtTrivial({
  passphrase: process.env.JWT_PASSPHRASE,
  claims: z.object({ sub: z.string() }),
  credentials: z.object({ name: z.string(), password: z.string() }),
  authorise: ({ input }) => passwords[input.name] === input.password && { sub: input.name },
})

const t = initTRPC.context<typeof jwt.createContext>().create()

export const appRouter = t.router({
  token: jwt.tokenRouter,
  hello: t.procedure.query(() => 'Anyone may call this.'),
  private: jwt.protectedProcedure.query(({ ctx }) => `Your token worked, ${ctx.jwt.sub}.`),
})
export type AppRouter = typeof appRouter
