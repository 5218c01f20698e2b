import { createTRPCClient, httpBatchLink, TRPCClientError } from '@trpc/client'
import superjson from 'superjson'

import type { OwnRouter } from './own-context.ts'
import type { MergedRouter } from './server.ts'
import type { SessionRouter } from './sessions.ts'

const authorization = (token?: string) => (token === undefined ? {} : { authorization: `Bearer ${token}` })

export const createClient = (url: string, token?: string) =>
  createTRPCClient<MergedRouter>({ links: [httpBatchLink({ url, headers: authorization(token) })] })

export const createOwnClient = (url: string, token?: string) =>
  createTRPCClient<OwnRouter>({
    links: [httpBatchLink({ url, transformer: superjson, headers: authorization(token) })],
  })

export const createSessionClient = (url: string, token?: string) =>
  createTRPCClient<SessionRouter>({ links: [httpBatchLink({ url, headers: authorization(token) })] })

const isOurs = (error: unknown): error is TRPCClientError<OwnRouter> => error instanceof TRPCClientError

/** The reason, as the client's types know it. */
export const reasonFor = (error: unknown) => (isOurs(error) ? error.data?.jwt?.reason : undefined)
