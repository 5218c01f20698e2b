import { initTRPC, type inferRouterInputs, type inferRouterOutputs } from '@trpc/server'
import { createHTTPServer, type CreateHTTPContextOptions } from '@trpc/server/adapters/standalone'
import { createJwtTrivial, createJwtVerifier, memorySessions, type BearerContext } from 'trpc-jwt-trivial'
import * as z from 'zod'

const roles = new Map<string, 'reader' | 'writer'>([['ann', 'writer']])
const passphrase = process.env.JWT_PASSPHRASE
const claims = z.object({ sub: z.string(), role: z.enum(['reader', 'writer']) })
const store = memorySessions()

interface Context extends BearerContext {
  roles: typeof roles
}

export const jwt = createJwtTrivial({
  passphrase,
  claims,
  credentials: z.object({ name: z.string() }),
  authorise: async ({ input, ctx }: { input: { name: string }; ctx: Context }) => {
    const role = ctx.roles.get(input.name)
    return role && { sub: input.name, role }
  },
  sessions: {
    store,
    expiresIn: '30d',
    grace: 0,
    reauthorise: async ({ sub, ctx }) => {
      const role = ctx.roles.get(sub)
      return role ? { sub, role } : false
    },
  },
})

export const createContext = (opts: CreateHTTPContextOptions) => ({ ...jwt.createContext(opts), roles })

const t = initTRPC.context<typeof createContext>().create()
export const sessionRouter = t.router({
  token: jwt.tokenRouter,
  sid: t.procedure.concat(jwt.protectedProcedure).query(({ ctx }) => ctx.jwt.sid),
})
export type SessionRouter = typeof sessionRouter
export type SessionInputs = inferRouterInputs<SessionRouter>
export type SessionOutputs = inferRouterOutputs<SessionRouter>

export const server = createHTTPServer({ router: sessionRouter, createContext, responseMeta: jwt.responseMeta })

/** Another machine, which asks the same store. */
export const verifier = createJwtVerifier({ passphrase, claims, sessions: { store, cacheSeconds: 0 } })
