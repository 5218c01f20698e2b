import { createServer } from 'node:http'
import type { AnyTRPCRouter } from '@trpc/server'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import { applyWSSHandler } from '@trpc/server/adapters/ws'
import { onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'

import { listenHttp } from './endpoint.ts'

type HandlerOptions = Omit<Parameters<typeof createHTTPHandler>[0], 'router' | 'createContext'> & {
  createContext: (opts: unknown) => object
}

/** Serves a router over HTTP and WebSocket, on one port, until the test ends. */
export async function serveBoth(router: AnyTRPCRouter, options: HandlerOptions) {
  const { createContext } = options
  const server = createServer(createHTTPHandler({ router, ...options }))
  const wss = new WebSocketServer({ server })
  applyWSSHandler({ wss, router, createContext })
  onTestFinished(() => {
    for (const socket of wss.clients) socket.terminate()
  })
  const { url } = await listenHttp(server)
  return { url, address: url.replace('http:', 'ws:') }
}
