import { MAX_TIMER_MS } from '../time/timers.ts'

const OPEN = 1
const MAX_LEAD_SECONDS = 30
/** tRPC's own request to the client to open a new connection, with fresh `connectionParams`. */
const RECONNECT = JSON.stringify({ id: null, method: 'reconnect' })

/** The members of the server's side of a WebSocket that are used here. */
export interface Socket {
  readonly readyState: number
  send(text: string): void
  on(event: string, listener: (...args: unknown[]) => void): unknown
}

/** Asks a client to reconnect before its token expires, at most once. For clients that renew by HTTP beside the socket. */
export interface ReconnectNotice {
  /** Schedules the notice by the times of a token, in seconds since 1970. */
  schedule(times: { exp?: number | undefined; iat?: number | undefined }, nowSeconds: number): void
  /** Sends no notice any more: this client renews over the socket. */
  cancel(): void
}

/** Makes the notice of one socket. Sent before `exp` by a quarter of what the token had left at the start, at most 30 s. */
export function createReconnectNotice(socket: Socket): ReconnectNotice {
  const openedAtMs = performance.now()
  let scheduledExp: number | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let speaksJson = false
  let done = false

  socket.on('close', () => clearTimeout(timer))
  socket.on('message', (frame, isBinary) => {
    speaksJson ||= isBinary !== true && isRequest(String(frame))
  })

  function send(): void {
    if (!speaksJson || socket.readyState !== OPEN) return
    done = true
    socket.send(RECONNECT)
  }

  return {
    schedule({ exp, iat }, nowSeconds) {
      if (done || exp === undefined || exp === scheduledExp || socket.readyState !== OPEN) return
      const openForSeconds = (performance.now() - openedAtMs) / 1_000
      const leftSeconds = exp - nowSeconds + openForSeconds
      // The client of a connection that opened with an old token does not renew ahead of time: it would reconnect again and
      // again with the same token.
      if (iat !== undefined && leftSeconds <= (exp - iat) / 4) return
      const delayMs = Math.max(0, exp - Math.min(leftSeconds / 4, MAX_LEAD_SECONDS) - nowSeconds) * 1_000
      if (delayMs > MAX_TIMER_MS) return
      scheduledExp = exp
      clearTimeout(timer)
      timer = setTimeout(send, delayMs)
    },
    cancel() {
      done = true
      clearTimeout(timer)
    },
  }
}

/** A client with its own encoder could not read the notice, which is JSON text. */
function isRequest(frame: string): boolean {
  try {
    const parsed: unknown = JSON.parse(frame)
    const [request] = Array.isArray(parsed) ? (parsed as unknown[]) : [parsed]
    return typeof request === 'object' && request !== null && 'method' in request
  } catch {
    return false
  }
}
