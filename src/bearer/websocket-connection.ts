import type { ParsedBearer } from './parse-bearer.ts'
import { createReconnectNotice, type ReconnectNotice, type Socket } from './reconnect-notice.ts'

/** A WebSocket connection. It outlives the token that it was opened with. */
export interface WebSocketConnection {
  /** The bearer of the connection's calls, as it is now. */
  bearer(): ParsedBearer
  /** Replaces the bearer by a token, or removes it. */
  replaceBearer(token: string | undefined): void
  /** Calls a listener at each replacement. Returns a function that removes the listener. */
  onBearerReplaced(listener: () => void): () => void
  /** Schedules the request to reconnect, by the times of the bearer's token. */
  scheduleReconnectNotice: ReconnectNotice['schedule']
}

/** Follows a socket, from the context that was made for it until it closes. */
export function createWebSocketConnection(socket: Socket, initial: ParsedBearer): WebSocketConnection {
  const listeners = new Set<() => void>()
  const notice = createReconnectNotice(socket)
  let bearer = initial

  return {
    bearer: () => bearer,
    replaceBearer(token) {
      bearer = token === undefined ? { status: 'missing' } : { status: 'present', token }
      notice.cancel()
      for (const listener of listeners) listener()
    },
    onBearerReplaced(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    scheduleReconnectNotice: (times, nowSeconds) => notice.schedule(times, nowSeconds),
  }
}

/** The socket in an adapter's options. Only a WebSocket's request has no URL. */
export function socketOf(opts: unknown): Socket | undefined {
  const { info, res } = (opts ?? {}) as { info?: { url?: unknown } | null; res?: Partial<Socket> | null }
  if (info?.url !== null || typeof res?.send !== 'function' || typeof res.on !== 'function') return undefined
  return res as Socket
}
