import { observable } from '@trpc/server/observable'

import type { CallOwners } from './call-owner.ts'
import type { AnsweredParams } from './hand-out.ts'
import { holdCall } from './hold-call.ts'
import type { Session } from './session.ts'
import type { SignInStore } from './sign-in-store.ts'

/** How often a call that waits for a connection looks at it: no event tells all that matters. */
const LOOK_MS = 50

/** What is needed of the client that `createWSClient` makes. */
export interface SocketClient {
  readonly connection: { readonly state: string; readonly ws: { close(): void } } | null
}

interface Dependencies {
  readonly store: SignInStore
  readonly owners: CallOwners
  readonly params: AnsweredParams
}

interface RunningCall {
  readonly signIn: string
  end(): void
}

/** A connection speaks for the sign-in that its `connectionParams` were answered for. At a change of sign-in it is closed. */
export function createSocketLinks({ store, owners, params }: Dependencies): Session['socket'] {
  return (client) => () => {
    const speakers = new WeakMap<object, string | null>()
    const running = new Set<RunningCall>()

    /** An open connection without `session.connectionParams` speaks for nobody whom we know. */
    function noteSpeaker(): void {
      const { connection } = client
      const answeredFor = params.signIn
      if (connection?.state !== 'open' || answeredFor === undefined || speakers.has(connection.ws)) return
      speakers.set(connection.ws, answeredFor)
    }

    /** Whether a call of a sign-in may pass on now. Closes a connection that speaks for another one. */
    function speaksFor(signIn: string | null): boolean {
      noteSpeaker()
      const { connection } = client
      if (connection === null) return true
      if (connection.state !== 'open') return false
      const speaker = speakers.get(connection.ws)
      if (speaker === undefined || speaker === signIn) return true
      connection.ws.close()
      return false
    }

    async function untilItSpeaksFor(signIn: string, isDone: () => boolean): Promise<void> {
      while (!isDone() && !speaksFor(signIn)) await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }

    params.onAnswer(() => setTimeout(() => speaksFor(store.name)))
    store.subscribe(() => {
      for (const call of running) if (call.signIn !== store.name) call.end()
      speaksFor(store.name)
    })

    return ({ op, next }) =>
      observable((observer) => {
        const { signIn = null, changesBearer = false } = owners.of(op) ?? {}
        if (signIn === null) {
          return next(op).subscribe({
            next(envelope) {
              if (changesBearer && 'data' in envelope.result) client.connection?.ws.close()
              observer.next(envelope)
            },
            error: (error) => observer.error(error),
            complete: () => observer.complete(),
          })
        }
        const call = { signIn, end: () => observer.error(store.whyOver(signIn)) }
        running.add(call)
        const isDone = (): boolean => !running.has(call)
        const held = holdCall(op, speaksFor(signIn) ? undefined : untilItSpeaksFor(signIn, isDone), {
          fail: (error) => observer.error(error),
          send: () => next(op).subscribe(observer),
        })
        return () => {
          running.delete(call)
          held.unsubscribe()
        }
      })
  }
}
