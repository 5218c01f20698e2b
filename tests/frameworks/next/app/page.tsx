import { TRPCError } from '@trpc/server'
import { headers } from 'next/headers'

/** Answers whoever renders it with a bearer: a service, a proxy. A browser's navigation has none, and is asked to sign in. */
export default async function Page() {
  const context = { headers: await headers() }
  const { appRouter, jwt } = await import('../server/trpc.ts')
  try {
    return <p>{await appRouter.createCaller(jwt.createContext(context)).private()}</p>
  } catch (error) {
    if (!(error instanceof TRPCError) || error.code !== 'UNAUTHORIZED') throw error
    return <p>{`${error.message}. Please sign in.`}</p>
  }
}
