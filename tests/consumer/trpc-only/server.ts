import { initTRPC } from '@trpc/server'
import { createHTTPServer } from '@trpc/server/adapters/standalone'

const t = initTRPC.create()
export const appRouter = t.router({ hello: t.procedure.query(() => 'hello') })
export type AppRouter = typeof appRouter

export const server = createHTTPServer({ router: appRouter })
