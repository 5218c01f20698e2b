import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { AnyTRPCRouter } from '@trpc/server'
import { fetchRequestHandler, type FetchCreateContextFn } from '@trpc/server/adapters/fetch'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import type { ResponseMeta } from 'trpc-jwt-trivial'
import { onTestFinished } from 'vitest'

type HandlerOptions = Parameters<typeof createHTTPHandler>[0]

/** Serves a router over real HTTP on a free loopback port until the test ends, and gives its URL. */
export const serve = (router: AnyTRPCRouter, options: Omit<HandlerOptions, 'router'>): Promise<string> =>
  listen(createHTTPHandler({ router, ...options } as HandlerOptions))

interface FetchOptions {
  createContext: FetchCreateContextFn<AnyTRPCRouter>
  responseMeta?: ResponseMeta
}

/** The same through tRPC's fetch adapter, as Next.js, Hono, Bun, Deno and workers have it. */
export const serveFetch = (router: AnyTRPCRouter, options: FetchOptions): Promise<string> =>
  listen(async (incoming, outgoing) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const headers = new Headers()
    const { rawHeaders } = incoming
    for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '')
    const body = chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}
    const req = new Request(`http://localhost${incoming.url}`, { method: incoming.method ?? 'GET', headers, ...body })
    const response = await fetchRequestHandler({ endpoint: '', req, router, ...options })
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    outgoing.end(Buffer.from(await response.arrayBuffer()))
  })

/** Listens on a free loopback port until the test ends, and gives the URL. */
export async function listen(listener: RequestListener | ((...args: Parameters<RequestListener>) => Promise<void>)) {
  const server = createServer((req, res) => void listener(req, res))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
