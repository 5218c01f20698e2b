import { TRPCClientError } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { observable } from '@trpc/server/observable'

import type { CallOwners, Owner } from './call-owner.ts'
import type { AnsweredParams } from './hand-out.ts'
import { holdCall } from './hold-call.ts'
import { readRejection } from './read-rejection.ts'
import { notAnswered } from './renewal.ts'
import type { Session } from './session.ts'
import { signInChanged, type SignInStore } from './sign-in-store.ts'
import type { SocketSignIn, SocketSignIns } from './socket-sign-ins.ts'
import { createSocketSpeakers, type SocketClient, type SocketSpeakers } from './socket-speakers.ts'

/** How often a call that waits for a connection looks at it: no event tells all that matters. */
const LOOK_MS = 50
/** How long a sign-in over a socket waits for the answers to what the former user has sent. */
const ANSWER_WAIT_MS = 1_000

interface Dependencies {
  readonly store: SignInStore
  readonly owners: CallOwners
  readonly socketSignIns: SocketSignIns
  readonly params: AnsweredParams
}

interface RunningCall {
  readonly client: SocketClient
  /** Whose the call is; of a renewal, whose tokens it renews. */
  readonly signIn: string | null
  readonly isSubscription: boolean
  isSent: boolean
  readonly fail: (error: TRPCClientError<AnyTRPCRouter>) => void
  /** Ends the call because it must not be sent, or its connection is needed. */
  readonly giveWay: () => void
}

/**
 * Makes the links of `session.socket`. A connection speaks for the sign-in that its `connectionParams` were answered for, and is
 * closed when the sign-in changes.
 */
export function createSocketLinks({ store, owners, socketSignIns, params }: Dependencies): Session['socket'] {
  const running = new Set<RunningCall>()
  const speakersOf = new WeakMap<SocketClient, SocketSpeakers>()
  let lastTurn = Promise.resolve()

  /** For whom connections are to speak now. */
  function speaker(): string | null {
    return socketSignIns.needNobodys ? null : store.name
  }

  function endOthers(signIn: string | null): void {
    for (const call of Array.from(running)) {
      if (call.signIn !== null && call.signIn !== signIn) call.fail(store.whyOver(call.signIn))
    }
  }

  /** Subscriptions of somebody are taken up again once somebody has signed in. */
  function takeBackSubscriptions(): void {
    for (const call of sentBySomebody()) if (call.isSubscription) call.fail(owners.sendAgain())
  }

  /** The calls of somebody that connections have not answered yet, subscriptions included. */
  function sentBySomebody(): RunningCall[] {
    return Array.from(running).filter((call) => call.isSent && call.signIn !== null)
  }

  async function untilSignedIn(isDone: () => boolean): Promise<void> {
    while (!isDone() && socketSignIns.arePending) await nextLook()
  }

  return (client) => () => {
    const speakers = speakersOf.get(client) ?? createSocketSpeakers(client, params, socketSignIns)
    speakersOf.set(client, speakers)
    let lastName = store.name
    let stopWatching: (() => void) | undefined

    const isOpen = (): boolean => client.connection?.state === 'open'

    /** Whether a call of a sign-in may pass on now. While somebody signs in over a socket, only nobody's calls do. */
    function isReadyFor(signIn: string | null): boolean {
      if (signIn !== null && socketSignIns.arePending) return false
      speakers.closeOthers(signIn)
      return client.connection === null || isOpen()
    }

    async function untilReadyFor(signIn: string | null, isDone: () => boolean): Promise<void> {
      while (!isDone() && !isReadyFor(signIn)) await nextLook()
    }

    /** An idle client need not be watched: its next call watches again, before there is a connection. */
    function stopIfIdle(): void {
      const isUsed = Array.from(running).some((call) => call.client === client)
      if (!isUsed && client.connectionState.get().state === 'idle') stopWatching?.()
    }

    function follow(): void {
      if (store.name === lastName) return
      lastName = store.name
      endOthers(lastName)
      if (!socketSignIns.needNobodys) speakers.doubt()
      speakers.closeOthers(speaker())
      stopIfIdle()
    }

    function watch(): void {
      if (stopWatching) return
      lastName = store.name
      const leaveStore = store.subscribe(follow)
      const leaveParams = params.onAnswer(() => {
        setTimeout(() => speakers.closeOthers(speaker()))
        stopIfIdle()
      })
      stopWatching = () => {
        stopWatching = undefined
        leaveStore()
        leaveParams()
      }
    }

    /** Waits for a connection without a token. Before that, the current user's calls have a second to be answered. */
    async function untilNobodys(signIn: SocketSignIn, isDone: () => boolean): Promise<void> {
      const lastAtMs = performance.now() + ANSWER_WAIT_MS
      takeBackSubscriptions()
      while (sentBySomebody().length > 0 && performance.now() < lastAtMs && !isDone()) await nextLook()
      if (isDone()) return
      for (const call of sentBySomebody()) call.giveWay()
      signIn.takeConnections()
      await untilReadyFor(null, isDone)
    }

    /** Nobody may wait for a sign-in for long. Where nobody is signed in, nobody does. */
    function begin(call: RunningCall): SocketSignIn {
      return socketSignIns.begin(
        () => speakers.closeOthers(speaker()),
        () => store.name !== null && call.fail(new TRPCClientError('The sign-in was not answered in time')),
      )
    }

    /** Sign-ins pass on in the order in which they were asked for: the server, too, lets the latest one win. */
    function untilTurn(signIn: SocketSignIn, isDone: () => boolean): Promise<void> {
      lastTurn = lastTurn.then(() => untilNobodys(signIn, isDone))
      return lastTurn
    }

    /** What a call must wait for; undefined if it need not wait. */
    function waitOf({ signIn }: RunningCall, owner: Owner, isDone: () => boolean): Promise<void> | undefined {
      if (signIn === null) return owner.afterSignIns ? untilSignedIn(isDone) : undefined
      return isReadyFor(signIn) ? undefined : untilReadyFor(signIn, isDone)
    }

    /** Withdraws a call that tRPC's client keeps for its next connection, once it must not be sent any more. */
    async function withdrawIfLate(call: RunningCall, isDone: () => boolean): Promise<void> {
      while (running.has(call) && !isOpen()) {
        if (isDone()) call.giveWay()
        await nextLook()
      }
    }

    watch()
    return ({ op, next }) =>
      observable((observer) => {
        const owner = owners.of(op) ?? { signIn: null }
        const { isSignIn, renewal } = owner
        const signIn = renewal?.name ?? owner.signIn
        const isSubscription = op.type === 'subscription'
        const fail = (error: TRPCClientError<AnyTRPCRouter>): void => observer.error(error)
        const giveWay = (): void => fail(renewal ? notAnswered() : signInChanged())
        const call: RunningCall = { client, signIn, isSubscription, isSent: false, fail, giveWay }
        const isDone = (): boolean =>
          !running.has(call) || owner.cancelledBy?.aborted === true || renewal?.mayBeSent() === false
        let wasRefused = false
        watch()
        running.add(call)
        const ownSignIn = isSignIn ? begin(call) : undefined
        if (signIn === null) speakers.note()
        const waitFor = ownSignIn ? untilTurn(ownSignIn, isDone) : waitOf(call, owner, isDone)
        const stopNeeding = renewal && (waitFor || !isOpen()) ? params.needForRenewal() : undefined
        const held = holdCall(op, waitFor, {
          fail,
          send() {
            if (isDone()) return giveWay()
            call.isSent = true
            if (isOpen()) stopNeeding?.()
            else if (renewal) void withdrawIfLate(call, isDone)
            return next(op).subscribe({
              next(envelope) {
                if (renewal && 'data' in envelope.result) speakers.noteRenewal(envelope.result.data)
                observer.next(envelope)
              },
              error(error) {
                wasRefused = error.data !== undefined
                if (signIn !== null && readRejection(error) === 'renew') speakers.closeUnless(store.current?.token)
                observer.error(error)
              },
              complete: () => observer.complete(),
            })
          },
        })
        return () => {
          running.delete(call)
          held.unsubscribe()
          stopNeeding?.()
          // The server gives the connection to the new user even if the call was cancelled.
          if (ownSignIn && call.isSent && !wasRefused) speakers.noteSignIn()
          ownSignIn?.end()
        }
      })
  }
}

function nextLook(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_MS))
}
