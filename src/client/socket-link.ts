import { observable } from '@trpc/server/observable'

import type { CallOwners } from './call-owner.ts'
import type { AnsweredParams } from './hand-out.ts'
import { holdCall } from './hold-call.ts'
import type { Session } from './session.ts'
import type { SignInStore } from './sign-in-store.ts'

/** How often a call that waits for a connection looks at it: no event tells all that matters. */
const LOOK_MS = 50
const CLOSING = 2

/** What is needed of the client that `createWSClient` makes. */
export interface SocketClient {
  readonly connection: { readonly state: string; readonly ws: { close(): void; readonly readyState: number } } | null
}

interface Dependencies {
  readonly store: SignInStore
  readonly owners: CallOwners
  readonly params: AnsweredParams
}

interface RunningCall {
  readonly signIn: string | null
  end(): void
}

/** A connection speaks for the sign-in that its `connectionParams` were answered for. At a change of sign-in it is closed. */
export function createSocketLinks({ store, owners, params }: Dependencies): Session['socket'] {
  return (client) => () => {
    const speakers = new Map<NonNullable<SocketClient['connection']>['ws'], string | null>()
    const running = new Set<RunningCall>()
    let shown = store.name
    let stopWatching: (() => void) | undefined

    /** An open connection that never asked for `session.connectionParams` is not ours to judge. */
    function noteSpeaker(): void {
      const { connection } = client
      if (connection?.state !== 'open' || params.signIn === undefined || speakers.has(connection.ws)) return
      speakers.set(connection.ws, params.signIn)
    }

    /** Closes the connections that speak for others, also those that tRPC's client keeps beside the present one. */
    function closeOthers(signIn: string | null): void {
      noteSpeaker()
      for (const [ws, speaker] of speakers) {
        if (speaker !== signIn) ws.close()
        if (ws.readyState >= CLOSING) speakers.delete(ws)
      }
    }

    function endOthers(signIn: string | null): void {
      for (const call of Array.from(running)) if (call.signIn !== null && call.signIn !== signIn) call.end()
    }

    /** Whether a call of a sign-in may pass on now. While somebody signs in over a socket, only nobody's calls do. */
    function isReadyFor(signIn: string | null): boolean {
      if (params.signingIn > 0 && signIn !== null) return false
      closeOthers(signIn)
      return client.connection === null || client.connection.state === 'open'
    }

    async function untilReadyFor(signIn: string | null, isDone: () => boolean): Promise<void> {
      while (!isDone() && !isReadyFor(signIn)) await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }

    /** A client without a connection asks for parameters, and calls, before it has one again. */
    function stopIfIdle(): void {
      if (!client.connection && running.size === 0) stopWatching?.()
    }

    function follow(): void {
      if (store.name === shown) return
      shown = store.name
      endOthers(shown)
      const { connection } = client
      if (connection && connection.state !== 'open') connection.ws.close() // it may have sent its parameters already
      closeOthers(shown)
      stopIfIdle()
    }

    function watch(): void {
      if (stopWatching) return
      shown = store.name
      const leaveStore = store.subscribe(follow)
      const leaveParams = params.onAnswer(() => {
        setTimeout(noteSpeaker)
        stopIfIdle()
      })
      stopWatching = () => {
        stopWatching = undefined
        leaveStore()
        leaveParams()
      }
    }

    watch()
    return ({ op, next }) =>
      observable((observer) => {
        const { signIn = null, changesBearer = false } = owners.of(op) ?? {}
        const call: RunningCall = { signIn, end: () => observer.error(store.whyOver(signIn)) }
        const isDone = (): boolean => !running.has(call)
        watch()
        running.add(call)
        if (changesBearer) {
          params.signingIn += 1
          endOthers(null)
        }
        const mayPass = signIn === null && !changesBearer
        if (mayPass) noteSpeaker()
        const held = holdCall(op, mayPass || isReadyFor(signIn) ? undefined : untilReadyFor(signIn, isDone), {
          fail: (error) => observer.error(error),
          send: () =>
            next(op).subscribe({
              next(envelope) {
                if (changesBearer && 'data' in envelope.result) client.connection?.ws.close()
                observer.next(envelope)
              },
              error: (error) => observer.error(error),
              complete: () => observer.complete(),
            }),
        })
        return () => {
          running.delete(call)
          held.unsubscribe()
          if (!changesBearer) return
          params.signingIn -= 1
          closeOthers(store.name)
        }
      })
  }
}
