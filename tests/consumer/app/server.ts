import { initTRPC } from '@trpc/server'
import { createHTTPServer } from '@trpc/server/adapters/standalone'
import { createJwtTrivial } from 'trpc-jwt-trivial'
import * as z from 'zod'

const users = [{ id: 'ann', email: 'ann@example.org', password: 'opensesame', role: 'writer' as const }]

export const jwt = createJwtTrivial({
  passphrase: process.env.JWT_PASSPHRASE,
  claims: z.object({ sub: z.string(), role: z.enum(['reader', 'writer']) }),
  credentials: z.object({ email: z.email(), password: z.string() }),
  authorise: async ({ input }) => {
    const user = users.find(({ email, password }) => email === input.email && password === input.password)
    return user && { sub: user.id, role: user.role }
  },
})

export const t = initTRPC.context<typeof jwt.createContext>().create()
export const appRouter = t.router({
  token: jwt.tokenRouter,
  hello: t.procedure.query(() => 'Anyone may call this.'),
  private: jwt.protectedProcedure.query(({ ctx }) => `Your token worked, ${ctx.jwt.sub}.`),
  claims: jwt.protectedProcedure.query(({ ctx }) => ctx.jwt),
  context: jwt.protectedProcedure.query(({ ctx }) => ctx),
})
export type AppRouter = typeof appRouter

export const mergedRouter = t.mergeRouters(appRouter, jwt.tokenRouter)
export type MergedRouter = typeof mergedRouter

export const server = createHTTPServer({
  router: mergedRouter,
  createContext: jwt.createContext,
  responseMeta: jwt.responseMeta,
})
