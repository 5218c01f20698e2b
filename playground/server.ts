import { once } from 'node:events'
import type { Server } from 'node:http'

import type { TRPCError } from '@trpc/server'
import { createHTTPServer } from '@trpc/server/adapters/standalone'
import { assertProtected } from 'trpc-jwt-trivial'

import { appRouter, createContext, type AppRouter } from './app.ts'
import { jwt } from './jwt.ts'

/** What any server of the app keeps to. */
export const limits = {
  maxBatchSize: 10, // each call of a batch may be a sign-in
  maxBodySize: 64 * 1024,
}

/** The mistakes of the server, not those of its callers. */
export const onError = ({ error, path }: { error: TRPCError; path?: string | undefined }): void => {
  if (error.code === 'INTERNAL_SERVER_ERROR') console.error(path, error)
}

/** Serves the notes API on this machine; port 0 takes a free one. A procedure that nobody guarded keeps it from starting. */
export async function startServer(port: number, router: AppRouter = appRouter): Promise<Server> {
  await assertProtected(router, { public: ['token.*', 'status'] })
  const server = createHTTPServer({
    router,
    createContext,
    responseMeta: jwt.responseMeta,
    onError,
    ...limits,
  })
  await once(server.listen(port, '127.0.0.1'), 'listening')
  return server
}

export function addressOf(server: Server): string {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('The server does not listen')
  return `http://127.0.0.1:${address.port}`
}
