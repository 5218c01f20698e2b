import { on, once } from 'node:events'
import { createTRPCClient, createWSClient, wsLink, type WebSocketClientOptions } from '@trpc/client'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'

import type { AdapterApi } from './endpoint.ts'

export interface SocketOptions {
  connectionParams?: Record<string, string>
  /** Header lines of the handshake, as a browser could not send them; a list makes several lines. */
  headers?: Record<string, string | string[]>
}

/** tRPC's own WebSocket client, for Node, closed when the test ends. */
export function wsClientOf(url: string, options: Partial<WebSocketClientOptions> = {}) {
  const client = createWSClient({ url, WebSocket: WebSocket as unknown as typeof globalThis.WebSocket, ...options })
  onTestFinished(() => client.close())
  return client
}

/** The stock client over a WebSocket, closed when the test ends. */
export function socketClient(url: string, { connectionParams, headers = {} }: SocketOptions = {}) {
  class Socket extends WebSocket {
    constructor(address: string | URL) {
      super(address, { headers })
    }
  }
  const client = wsClientOf(url, {
    WebSocket: Socket as unknown as typeof globalThis.WebSocket,
    ...(connectionParams && { connectionParams }),
  })
  return createTRPCClient<AdapterApi['trpc']['router']>({ links: [wsLink({ client })] })
}

export const call = (id: number, path: string) => JSON.stringify({ id, method: 'query', params: { path } })

export const params = (data: unknown) => JSON.stringify({ method: 'connectionParams', data })

/** A connection that says nothing, closed when the test ends. */
export async function openSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url)
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  return socket
}

/** Sends frames byte for byte, and gives the first answers, or those that came before the server hung up. */
export async function converse(url: string, frames: readonly string[], answers: number): Promise<unknown[]> {
  const socket = await openSocket(url)
  const received = on(socket, 'message', { close: ['close'] }) as AsyncIterable<[Buffer]>
  for (const frame of frames) socket.send(frame)
  const said: unknown[] = []
  for await (const [data] of received) {
    said.push(JSON.parse(data.toString()))
    if (said.length === answers) break
  }
  return said
}
