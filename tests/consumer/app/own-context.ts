import { initTRPC } from '@trpc/server'
import { createHTTPServer, type CreateHTTPContextOptions } from '@trpc/server/adapters/standalone'
import superjson from 'superjson'
import { jwtErrorData } from 'trpc-jwt-trivial'

import { jwt } from './server.ts'

export interface Meta {
  audited: boolean
}

const db = { posts: [{ title: 'Bearers', at: new Date(0) }] }

export const createContext = (opts: CreateHTTPContextOptions) => ({ ...jwt.createContext(opts), db })

const t = initTRPC
  .context<typeof createContext>()
  .meta<Meta>()
  .create({
    transformer: superjson,
    errorFormatter: ({ shape, error }) => ({ ...shape, data: { ...shape.data, ...jwtErrorData(error) } }),
  })

export const protectedProcedure = t.procedure.concat(jwt.protectedProcedure)
export const writing = t.procedure.concat(jwt.protect({ scope: 'posts:write', maxAge: '5m' })).meta({ audited: true })

export const ownRouter = t.router({
  token: jwt.tokenRouter,
  posts: protectedProcedure.query(({ ctx }) => ctx.db.posts.map((post) => ({ ...post, reader: ctx.jwt.role }))),
  write: writing.mutation(({ ctx }) => ctx.jwt.sub),
  whoami: t.procedure.concat(jwt.protect({ optional: true })).query(({ ctx }) => ctx.jwt),
  events: protectedProcedure.subscription(async function* ({ ctx }) {
    yield ctx.jwt.sub
  }),
})
export type OwnRouter = typeof ownRouter

export const server = createHTTPServer({ router: ownRouter, createContext, responseMeta: jwt.responseMeta })
