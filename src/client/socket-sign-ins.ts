/** How long a sign-in over a socket may keep others waiting. */
const TIMEOUT_MS = 10_000

/** A sign-in over a socket. */
export interface SocketSignIn {
  /** Lets connections be opened for nobody until the sign-in has ended. */
  takeConnections(): void
  end(): void
}

/** The sign-ins over the sockets of a session, from when they are asked for until they are answered. */
export interface SocketSignIns {
  /** Whether a sign-in is pending. The current user's calls wait for it, and no renewal begins. */
  readonly arePending: boolean
  /** Settles when no sign-in is pending; undefined if none is. */
  untilNone(): Promise<void> | undefined
  /** Whether one needs a connection without a token. The server gives the connection to the new user before the client knows. */
  readonly needNobodys: boolean
  /** `onTimeout` is called every 10 seconds until the sign-in ends. */
  begin(onTimeout: () => void): SocketSignIn
  /** Calls a listener when a sign-in takes connections or ends. Returns a function that removes the listener. */
  subscribe(listener: () => void): () => void
}

/** Makes the list of the sign-ins over the sockets of one session. */
export function createSocketSignIns(): SocketSignIns {
  const pending = new Set<SocketSignIn>()
  const needing = new Set<SocketSignIn>()
  const listeners = new Set<() => void>()

  function subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  function notify(): void {
    for (const listener of Array.from(listeners)) listener()
  }

  return {
    get arePending() {
      return pending.size > 0
    },
    untilNone() {
      if (pending.size === 0) return undefined
      return new Promise((resolve) => {
        const leave = subscribe(() => {
          if (pending.size > 0) return
          leave()
          resolve()
        })
      })
    },
    get needNobodys() {
      return needing.size > 0
    },
    begin(onTimeout) {
      const signIn: SocketSignIn = {
        takeConnections() {
          if (!pending.has(signIn)) return
          needing.add(signIn)
          notify()
        },
        end() {
          if (!pending.delete(signIn)) return
          needing.delete(signIn)
          clearInterval(timer)
          notify()
        },
      }
      const timer = setInterval(onTimeout, TIMEOUT_MS)
      pending.add(signIn)
      return signIn
    },
    subscribe,
  }
}
