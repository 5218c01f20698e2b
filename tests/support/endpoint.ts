import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Server as TcpServer } from 'node:net'
import type { HTTPLinkOptions } from '@trpc/client'
import { initTRPC, type AnyTRPCRootTypes } from '@trpc/server'
import type { BearerContext, RejectionReason } from 'trpc-jwt-trivial'
import { onTestFinished } from 'vitest'

import { createApi } from './api.ts'

type TRPCFetch = NonNullable<HTTPLinkOptions<AnyTRPCRootTypes>['fetch']>

/** A `fetch` as the stock client takes it, and what it gives in full. */
export type Fetch = (...args: Parameters<TRPCFetch>) => Promise<Response>

/** Where an adapter answers: an address, and a `fetch` where the stock one does not reach it. */
export interface Endpoint {
  url: string
  fetch?: Fetch
}

/** The API with a protected stream and mutation, the three lines that every adapter takes, and why calls were refused. */
export function createAdapterApi() {
  const reasons: RejectionReason[] = []
  const { jwt, appRouter } = createApi({
    retfunc: (outcome) => {
      if (outcome.type === 'rejected') reasons.push(outcome.reason)
    },
  })
  const t = initTRPC.context<BearerContext>().create()
  const watch = jwt.protectedProcedure.subscription(async function* ({ ctx }) {
    yield `Watching, ${ctx.jwt.sub}.`
  })
  const change = jwt.protectedProcedure.mutation(() => 'changed')
  const router = t.mergeRouters(appRouter, t.router({ watch, change }))
  return { jwt, reasons, trpc: { router, createContext: jwt.createContext, responseMeta: jwt.responseMeta } }
}

export type AdapterApi = ReturnType<typeof createAdapterApi>

/** Puts the API behind an adapter until the test ends. */
export type ServeAdapter = (api: AdapterApi) => Endpoint | Promise<Endpoint>

/** Listens on a free loopback port until the test ends, and gives the port. */
export async function listen(server: TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** The same over HTTP/1, gone with its connections. */
export async function listenHttp(listener: RequestListener | Server, path = ''): Promise<Endpoint> {
  const server = typeof listener === 'function' ? createServer(listener) : listener
  onTestFinished(() => server.closeAllConnections())
  return { url: `http://127.0.0.1:${await listen(server)}${path}` }
}
