import type { ParsedBearer } from './parse-bearer.ts'
import { LONGEST_TIMER } from '../time/duration.ts'

const OPEN = 1
const LONGEST_LEAD = 30
/** tRPC's own request to the client to open a new connection, with fresh `connectionParams`. */
const RECONNECT = JSON.stringify({ id: null, method: 'reconnect' })

/** What is needed of the server's side of a WebSocket. */
interface Socket {
  readonly readyState: number
  send(text: string): void
  on(event: string, listener: (...args: unknown[]) => void): unknown
}

/** A WebSocket connection, which outlives the token that it came with. */
export interface WebSocketConnection {
  /** What the connection's calls carry now. */
  credentials(): ParsedBearer
  /** Makes a token what they carry from now on; or nothing. */
  rebind(token: string | undefined): void
  /** Calls a listener at each rebinding, until the function that it answers is called. */
  onRebind(listener: () => void): () => void
  /**
   * Asks the client to reconnect before its token ends, once: for clients that renew by HTTP beside the socket. Who renews
   * over the socket is not asked.
   */
  expectEnd(times: { exp?: number | undefined; iat?: number | undefined }, now: number): void
}

/** Follows a socket from the context that was made for it to its close. */
export function createWebSocketConnection(socket: Socket, initial: ParsedBearer): WebSocketConnection {
  const listeners = new Set<() => void>()
  let credentials = initial
  const openedAt = Date.now() / 1_000
  let expected: number | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let speaksJson = false
  let quiet = false

  socket.on('close', () => clearTimeout(timer))
  socket.on('message', (frame, isBinary) => {
    speaksJson ||= isBinary !== true && isRequest(String(frame))
  })

  function askToReconnect(): void {
    if (!speaksJson || socket.readyState !== OPEN) return
    quiet = true
    socket.send(RECONNECT)
  }

  return {
    credentials: () => credentials,
    rebind(token) {
      credentials = token === undefined ? { status: 'missing' } : { status: 'present', token }
      quiet = true
      clearTimeout(timer)
      for (const listener of listeners) listener()
    },
    onRebind(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    expectEnd({ exp, iat }, now) {
      if (quiet || exp === undefined || exp === expected || socket.readyState !== OPEN) return
      const left = exp - openedAt
      if (iat !== undefined && left <= (exp - iat) / 4) return
      const delay = Math.max(0, exp - Math.min(left / 4, LONGEST_LEAD) - now) * 1_000
      if (delay > LONGEST_TIMER) return
      expected = exp
      clearTimeout(timer)
      timer = setTimeout(askToReconnect, delay)
    },
  }
}

/** A client with an encoder of its own would choke on a frame of text. */
function isRequest(frame: string): boolean {
  try {
    const parsed: unknown = JSON.parse(frame)
    const [request] = Array.isArray(parsed) ? (parsed as unknown[]) : [parsed]
    return typeof request === 'object' && request !== null && 'method' in request
  } catch {
    return false
  }
}

/** The socket in what an adapter hands over: only a WebSocket's request has no URL. */
export function socketOf(opts: unknown): Socket | undefined {
  const { info, res } = (opts ?? {}) as { info?: { url?: unknown } | null; res?: Partial<Socket> | null }
  if (info?.url !== null || typeof res?.send !== 'function' || typeof res.on !== 'function') return undefined
  return res as Socket
}
