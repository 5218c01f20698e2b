import { fetchRequestHandler } from '@trpc/server/adapters/fetch'

/** Imported at the first call, since a build loads routes, and has no passphrase. */
async function handler(req: Request): Promise<Response> {
  const { appRouter, jwt } = await import('../../../../server/trpc.ts')
  return fetchRequestHandler({
    endpoint: '/api/trpc',
    req,
    router: appRouter,
    createContext: jwt.createContext,
    responseMeta: jwt.responseMeta,
    maxBatchSize: 10,
  })
}

export { handler as GET, handler as POST }
