import { initTRPC } from '@trpc/server'
import { createJwtTrivial, type JwtTrivialOptions } from 'trpc-jwt-trivial'
import * as z from 'zod'

import { PASSPHRASE } from './mint.ts'
import { serve } from './serve.ts'

export const PASSWORD = 'a password that nobody may see in a log'

/** An API with a procedure of each kind: public, protected, optional, and two that ask more of a token. */
export function createApi(
  options: Pick<JwtTrivialOptions, 'audience' | 'issuer' | 'subject' | 'clock' | 'retfunc' | 'verifiedTokens'> = {},
) {
  const jwt = createJwtTrivial({
    passphrase: PASSPHRASE,
    credentials: z.object({ name: z.string(), password: z.string() }),
    authorise: ({ input }) => input.password === PASSWORD && { sub: input.name },
    ...options,
  })
  const t = initTRPC.context<typeof jwt.createContext>().create()
  const appRouter = t.router({
    token: jwt.tokenRouter,
    hello: t.procedure.query(() => 'Anyone may call this.'),
    private: jwt.protectedProcedure.query(({ ctx }) => `Your token worked, ${ctx.jwt.sub}.`),
    write: jwt.protectedProcedure.mutation(({ ctx }) => `Written, ${ctx.jwt.sub}.`),
    optional: jwt.protect({ optional: true }).query(({ ctx }) => ctx.jwt && ctx.jwt.sub),
    admin: jwt.protect({ scope: ['admin', 'audit'] }).query(() => 'administered'),
    recent: jwt.protect({ maxAge: '5m' }).query(() => 'changed'),
  })
  return { jwt, appRouter }
}

export type AppRouter = ReturnType<typeof createApi>['appRouter']

/** Serves that API over real HTTP, and gives its URL. */
export const serveApi = ({ jwt, appRouter }: ReturnType<typeof createApi> = createApi()): Promise<string> =>
  serve(appRouter, { createContext: jwt.createContext, responseMeta: jwt.responseMeta })
