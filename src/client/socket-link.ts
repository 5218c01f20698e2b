import type { TRPCClientError } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { observable } from '@trpc/server/observable'

import type { CallOwners, Owner } from './call-owner.ts'
import type { AnsweredFor, AnsweredParams } from './hand-out.ts'
import { holdCall } from './hold-call.ts'
import { readRejection } from './read-rejection.ts'
import type { Session } from './session.ts'
import { signInChanged, type SignInStore } from './sign-in-store.ts'
import type { SocketSignIn, SocketSignIns } from './socket-sign-ins.ts'

/** How often a call that waits for a connection looks at it: no event tells all that matters. */
const LOOK_MS = 50
/** How long a sign-in over a socket waits for the answers to what the former user has sent. */
const ANSWER_WAIT_MS = 1_000
const OPEN = 1
/** A connection that may have sent its parameters before a change of sign-in, or after, speaks for a sign-in of no name. */
const UNKNOWN: AnsweredFor = { signIn: '', token: undefined }

/** What is needed of the client that `createWSClient` makes. */
export interface SocketClient {
  readonly connection: { readonly state: string; readonly ws: { close(): void; readonly readyState: number } } | null
  readonly connectionState: { get(): { readonly state: string } }
}

interface Dependencies {
  readonly store: SignInStore
  readonly owners: CallOwners
  readonly socketSignIns: SocketSignIns
  readonly params: AnsweredParams
}

type Socket = NonNullable<SocketClient['connection']>['ws']

interface RunningCall {
  readonly signIn: string | null
  readonly isSubscription: boolean
  isSent: boolean
  fail: (error: TRPCClientError<AnyTRPCRouter>) => void
}

/** A connection speaks for the sign-in that its `connectionParams` were answered for. At a change of sign-in it is closed. */
export function createSocketLinks({ store, owners, socketSignIns, params }: Dependencies): Session['socket'] {
  async function untilSignedIn(isDone: () => boolean): Promise<void> {
    while (!isDone() && socketSignIns.arePending) await nextLook()
  }

  return (client) => () => {
    const speakers = new Map<Socket, AnsweredFor>()
    /** Connections over which somebody has signed in: nobody knows whom they speak for. They are kept for sign-ins only. */
    const usedForSignIn = new WeakSet<Socket>()
    const running = new Set<RunningCall>()
    let shown = store.name
    let stopWatching: (() => void) | undefined
    let lastSignIn = Promise.resolve()

    /** An open connection that never asked for `session.connectionParams` is not ours to judge. */
    function noteSpeaker(): void {
      const { connection } = client
      if (connection?.state !== 'open' || !params.latest || speakers.has(connection.ws)) return
      speakers.set(connection.ws, params.latest)
    }

    /** Closes the connections that speak for others, also those that tRPC's client keeps beside the present one. */
    function closeOthers(signIn: string | null): void {
      noteSpeaker()
      for (const [ws, speaker] of speakers) {
        const isSpent = usedForSignIn.has(ws) && !socketSignIns.needNobodys
        if ((isSpent || speaker.signIn !== signIn) && ws.readyState === OPEN) ws.close()
        if (ws.readyState > OPEN) speakers.delete(ws)
      }
    }

    /** A renewal over a connection renews its token. One of nobody's, during a sign-in, becomes whose the answer is. */
    function noteBearer(givesBearer: Owner['givesBearer'], answer: unknown): void {
      const { connection } = client
      if (!connection) return
      const speaker = speakers.get(connection.ws)
      const { token } = Object(answer) as { token?: string }
      if (givesBearer === 'sign-in' || socketSignIns.needNobodys) usedForSignIn.add(connection.ws)
      else if (speaker) speakers.set(connection.ws, { signIn: speaker.signIn, token })
    }

    /** A connection that was opened with an older token than the present one gets it by new parameters. */
    function closeOutdated(): void {
      const { connection } = client
      const speaker = connection && speakers.get(connection.ws)
      if (speaker && speaker.token !== store.current?.token) connection.ws.close()
    }

    function endOthers(signIn: string | null): void {
      for (const call of Array.from(running)) {
        if (call.signIn !== null && call.signIn !== signIn) call.fail(store.whyOver(call.signIn))
      }
    }

    /** The calls of somebody that a connection still answers. Subscriptions are taken up again once somebody has signed in. */
    function callsBefore(): RunningCall[] {
      const sent = Array.from(running).filter((call) => call.isSent && call.signIn !== null)
      for (const call of sent) if (call.isSubscription) call.fail(owners.sendAgain())
      return sent.filter(({ isSubscription }) => !isSubscription)
    }

    /** For whom connections are to speak now. */
    function present(): string | null {
      return socketSignIns.needNobodys ? null : store.name
    }

    /** Whether a call of a sign-in may pass on now. While somebody signs in over a socket, only nobody's calls do. */
    function isReadyFor(signIn: string | null): boolean {
      if (signIn !== null && socketSignIns.arePending) return false
      closeOthers(signIn)
      return client.connection === null || client.connection.state === 'open'
    }

    async function untilReadyFor(signIn: string | null, isDone: () => boolean): Promise<void> {
      while (!isDone() && !isReadyFor(signIn)) await nextLook()
    }

    /** A client that was closed, or is lazy, calls before it has a connection again. */
    function stopIfIdle(): void {
      if (client.connectionState.get().state === 'idle' && running.size === 0) stopWatching?.()
    }

    function follow(): void {
      if (store.name === shown) return
      shown = store.name
      endOthers(shown)
      const { connection } = client
      if (connection && connection.state !== 'open' && !socketSignIns.needNobodys) speakers.set(connection.ws, UNKNOWN)
      closeOthers(present())
      stopIfIdle()
    }

    function watch(): void {
      if (stopWatching) return
      shown = store.name
      const leaveStore = store.subscribe(follow)
      const leaveParams = params.onAnswer(() => {
        setTimeout(() => closeOthers(present()))
        stopIfIdle()
      })
      stopWatching = () => {
        stopWatching = undefined
        leaveStore()
        leaveParams()
      }
    }

    /** A sign-in gets a connection of nobody's. What the former user has sent may be answered before, for a while. */
    async function untilNobodys(signIn: SocketSignIn, isDone: () => boolean): Promise<void> {
      const lastAtMs = performance.now() + ANSWER_WAIT_MS
      while (callsBefore().length > 0 && performance.now() < lastAtMs && !isDone()) await nextLook()
      for (const call of callsBefore()) call.fail(signInChanged())
      signIn.takeConnections()
      await untilReadyFor(null, isDone)
    }

    /** Sign-ins pass on in the order in which they were asked for: the server, too, lets the latest one win. */
    function untilTurn(signIn: SocketSignIn, isDone: () => boolean): Promise<void> {
      lastSignIn = lastSignIn.then(() => untilNobodys(signIn, isDone))
      return lastSignIn
    }

    /** What a call must wait for; undefined if it need not wait. */
    function waitOf({ signIn, afterSignIns }: Owner, isDone: () => boolean): Promise<void> | undefined {
      if (signIn === null) return afterSignIns ? untilSignedIn(isDone) : undefined
      return isReadyFor(signIn) ? undefined : untilReadyFor(signIn, isDone)
    }

    watch()
    return ({ op, next }) =>
      observable((observer) => {
        const owner = owners.of(op) ?? { signIn: null }
        const { signIn, givesBearer } = owner
        const isSubscription = op.type === 'subscription'
        const call: RunningCall = { signIn, isSubscription, isSent: false, fail: (error) => observer.error(error) }
        const isDone = (): boolean => !running.has(call)
        watch()
        running.add(call)
        const ownSignIn = givesBearer === 'sign-in' ? socketSignIns.begin(() => closeOthers(present())) : undefined
        if (signIn === null) noteSpeaker()
        const held = holdCall(op, ownSignIn ? untilTurn(ownSignIn, isDone) : waitOf(owner, isDone), {
          fail: (error) => observer.error(error),
          send() {
            call.isSent = true
            return next(op).subscribe({
              next(envelope) {
                if (givesBearer && 'data' in envelope.result) noteBearer(givesBearer, envelope.result.data)
                observer.next(envelope)
              },
              error(error) {
                if (signIn !== null && readRejection(error) === 'renew') closeOutdated()
                observer.error(error)
              },
              complete: () => observer.complete(),
            })
          },
        })
        return () => {
          running.delete(call)
          held.unsubscribe()
          ownSignIn?.end()
        }
      })
  }
}

function nextLook(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_MS))
}
