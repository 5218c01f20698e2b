import type { ParsedBearer } from './parse-bearer.ts'
import { createReconnectNotice, type ReconnectNotice, type Socket } from './reconnect-notice.ts'

/** A WebSocket connection. It outlives the token that it was opened with. */
export interface WebSocketConnection {
  /** The bearer of the connection's calls, as it is now. */
  readonly bearer: () => ParsedBearer
  /** Replaces the bearer by a token of another sign-in, or removes it. */
  replaceBearer(token: string | undefined): void
  /**
   * Notes that a renewal begins. Returns a function that sets the renewed token, unless the bearer was replaced since, or a
   * renewal that began later has set its token before.
   */
  beginRenewal(): (token: string) => void
  /** Calls a listener at each replacement and renewal. Returns a function that removes the listener. */
  onBearerReplaced(listener: () => void): () => void
  /** Notes that a sign-in or a sign-out begins. Returns a function that tells whether it is the last one that began. */
  beginSignIn(): () => boolean
  /** Returns a function that tells whether the sign-in is still the same. A renewal does not change it. */
  followSignIn(): () => boolean
  /** Returns a function that returns the bearer of this sign-in, with its renewals, also after another sign-in replaced it. */
  followBearer(): () => ParsedBearer
  /** Schedules the request to reconnect, by the times of the bearer's token. */
  scheduleReconnectNotice: ReconnectNotice['schedule']
}

/** Follows a socket, from the context that was made for it until it closes. */
export function createWebSocketConnection(socket: Socket, initial: ParsedBearer): WebSocketConnection {
  const listeners = new Set<() => void>()
  const notice = createReconnectNotice(socket)
  let signIn = { bearer: initial }
  let begun = 0
  let renewalsBegun = 0
  let lastRenewal = 0

  function setBearer(next: ParsedBearer): void {
    signIn.bearer = next
    notice.cancel()
    for (const listener of listeners) listener()
  }

  function replaceBearer(token: string | undefined): void {
    signIn = { bearer: signIn.bearer } // calls that follow the former sign-in keep its bearer
    setBearer(token === undefined ? { status: 'missing' } : { status: 'present', token })
  }

  function followSignIn(): () => boolean {
    const own = signIn
    return () => signIn === own
  }

  return {
    bearer: () => signIn.bearer,
    replaceBearer,
    beginRenewal() {
      const isSameSignIn = followSignIn()
      renewalsBegun += 1
      const own = renewalsBegun
      return (token) => {
        if (!isSameSignIn() || own < lastRenewal) return
        lastRenewal = own
        if (signIn.bearer.status === 'missing') replaceBearer(token)
        else setBearer({ status: 'present', token })
      }
    },
    onBearerReplaced(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    beginSignIn() {
      begun += 1
      const own = begun
      return () => begun === own
    },
    followSignIn,
    followBearer() {
      const own = signIn
      return () => own.bearer
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
