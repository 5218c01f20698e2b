/** How long a sign-in over a socket keeps others waiting. */
const TIMEOUT_MS = 10_000

/** A sign-in over a socket. */
export interface SocketSignIn {
  /** Lets connections be opened for nobody until the sign-in has ended. */
  takeConnections(): void
  end(): void
}

/** The sign-ins over the sockets of a session, from when they are asked for until they are answered. */
export interface SocketSignIns {
  /** Whether there is one. The calls of the present user wait for it. */
  readonly arePending: boolean
  /** Whether one needs a connection of nobody's. The server makes the connection theirs before the client hears of it. */
  readonly needNobodys: boolean
  begin(onEnd: () => void): SocketSignIn
}

/** Makes the list of the sign-ins over the sockets of one session. */
export function createSocketSignIns(): SocketSignIns {
  const pending = new Set<SocketSignIn>()
  const needing = new Set<SocketSignIn>()

  return {
    get arePending() {
      return pending.size > 0
    },
    get needNobodys() {
      return needing.size > 0
    },
    begin(onEnd) {
      const signIn: SocketSignIn = {
        takeConnections() {
          if (pending.has(signIn)) needing.add(signIn)
        },
        end() {
          if (!pending.delete(signIn)) return
          needing.delete(signIn)
          clearTimeout(timer)
          onEnd()
        },
      }
      const timer = setTimeout(() => signIn.end(), TIMEOUT_MS)
      pending.add(signIn)
      return signIn
    },
  }
}
