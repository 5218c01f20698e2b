import { once } from 'node:events'
import type { Server } from 'node:http'

import type { TRPCError } from '@trpc/server'
import { createHTTPServer } from '@trpc/server/adapters/standalone'
import { assertProtected } from 'trpc-jwt-trivial'

import { appRouter, createContext, type AppRouter } from './app.ts'
import { jwt } from './jwt.ts'

/** The limits that every server of the app has. */
export const limits = {
  maxBatchSize: 10, // each call of a batch may be a sign-in
  maxBodySize: 64 * 1024,
}

/** Logs the errors of the server, not those of its callers. */
export const onError = ({ error, path }: { error: TRPCError; path?: string | undefined }): void => {
  if (error.code === 'INTERNAL_SERVER_ERROR') console.error(path, error)
}

/** Serves the notes API on this machine; port 0 chooses a free port. The server does not start if a procedure is unprotected by mistake. */
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
  if (typeof address !== 'object' || address === null) throw new TypeError('The server is not listening')
  return `http://127.0.0.1:${address.port}`
}
