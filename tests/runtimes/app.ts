import { initTRPC } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { createJwtTrivial, jwtErrorData, memorySessions, type JwtTrivialOptions } from 'trpc-jwt-trivial'
import * as z from 'zod'

/** Claims of the app below. */
export const claims = z.object({ sub: z.string(), scope: z.string() })

type Settings = Pick<JwtTrivialOptions, 'passphrase' | 'privateKey' | 'issuer' | 'audience' | 'expiresIn' | 'clock'>

const PASSPHRASE = 'a passphrase for the runtime tests, and nothing else'

/** An API that any runtime can serve; names in `banned` are renewed no longer. */
export function createApp(settings: Settings = { passphrase: PASSPHRASE }) {
  const banned = new Set<string>()
  const jwt = createJwtTrivial({
    ...settings,
    claims,
    credentials: z.object({ name: z.string(), password: z.string() }),
    authorise: ({ input }) => input.password === 'opensesame' && { sub: input.name, scope: 'notes:read' },
    sessions: {
      store: memorySessions(),
      reauthorise: ({ sub }) => !banned.has(sub) && { sub, scope: 'notes:read' },
      grace: 0,
    },
  })
  const t = initTRPC.context<typeof jwt.createContext>().create({
    errorFormatter: ({ shape, error }) => ({ ...shape, data: { ...shape.data, ...jwtErrorData(error) } }),
  })
  const router = t.router({
    token: jwt.tokenRouter,
    open: t.procedure.query(() => 'Anyone may call this.'),
    whoami: jwt.protectedProcedure.query(({ ctx }) => ctx.jwt.sub),
    frozen: jwt.protectedProcedure.query(({ ctx }) => Object.isFrozen(ctx.jwt)),
    read: jwt.protect({ scope: 'notes:read' }).query(({ ctx }) => ctx.jwt.scope),
    write: jwt.protect({ scope: 'notes:write' }).query(() => 'Written.'),
    recent: jwt.protect({ maxAge: 60 }).query(() => 'Paid.'),
    greet: jwt.protect({ optional: true }).query(({ ctx }) => `Hello, ${ctx.jwt?.sub ?? 'stranger'}.`),
  })
  const { createContext, responseMeta } = jwt
  return {
    jwt,
    banned,
    router,
    createCaller: t.createCallerFactory(router),
    fetch: (req: Request): Promise<Response> =>
      fetchRequestHandler({ endpoint: '', req, router, createContext, responseMeta }),
  }
}

/** What `createApp` makes. */
export type App = ReturnType<typeof createApp>
/** What its clients are typed by. */
export type AppRouter = App['router']
