import { TRPCClientError } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { observable } from '@trpc/server/observable'

import type { CallOwners, Owner } from './call-owner.ts'
import { callSafely } from './call-safely.ts'
import type { AnsweredParams } from './hand-out.ts'
import { holdCall } from './hold-call.ts'
import { readRejection } from './read-rejection.ts'
import type { Session } from './session.ts'
import { signInChanged, type SignInStore } from './sign-in-store.ts'
import { createSocketCalls, type SocketCall } from './socket-calls.ts'
import type { SocketSignIn, SocketSignIns } from './socket-sign-ins.ts'
import { createSocketSpeakers, type SocketClient, type SocketSpeakers } from './socket-speakers.ts'

/** How often a call that waits for a connection looks at it: no event tells all that matters. */
const LOOK_MS = 50

/** What is kept of one WebSocket client, also if several links lead to it. */
interface ClientNotes {
  readonly speakers: SocketSpeakers
  /** Settles when the latest sign-in has passed on. */
  lastTurn: Promise<void>
}

interface Dependencies {
  readonly store: SignInStore
  readonly owners: CallOwners
  readonly socketSignIns: SocketSignIns
  readonly params: AnsweredParams
}

/**
 * Makes the links of `session.socket`. A connection speaks for the sign-in that its `connectionParams` were answered for, and is
 * closed when the sign-in changes.
 */
export function createSocketLinks({ store, owners, socketSignIns, params }: Dependencies): Session['socket'] {
  const calls = createSocketCalls(store)
  const notesOf = new WeakMap<SocketClient, ClientNotes>()

  /** For whom connections are to speak now. */
  function speaker(): string | null {
    return socketSignIns.needNobodys ? null : store.name
  }

  return (client) => () => {
    const notes = notesOf.get(client) ?? {
      speakers: createSocketSpeakers(client, params, socketSignIns),
      lastTurn: Promise.resolve(),
    }
    notesOf.set(client, notes)
    const { speakers } = notes
    let stopWatching: (() => void) | undefined

    const isOpen = (): boolean => client.connection?.state === 'open'

    /** Whether a call of a sign-in may pass on now. While somebody signs in over a socket, only nobody's calls do. */
    function mayPass({ signIn }: SocketCall): boolean {
      if (signIn !== null && socketSignIns.arePending) return false
      speakers.closeOthers(signIn)
      return speakers.mayCarry(signIn)
    }

    /** An idle client need not be watched: its next call watches again, before there is a connection. */
    function stopIfIdle(): void {
      if (!calls.isUsed(client) && client.connectionState.get().state === 'idle') stopWatching?.()
    }

    function follow(): void {
      calls.endOthers(store.name)
      speakers.closeOthers(speaker())
      stopIfIdle()
    }

    function watch(): void {
      if (stopWatching) return
      const leaving = [
        store.subscribe(follow),
        socketSignIns.subscribe(follow),
        params.onAnswer(() => {
          speakers.noteAnswer()
          setTimeout(() => speakers.closeOthers(speaker()))
          stopIfIdle()
        }),
      ]
      stopWatching = () => {
        stopWatching = undefined
        for (const leave of leaving) leave()
      }
    }

    /** Waits for a connection without a token. Before that, what the current user has sent has some time to be answered. */
    async function untilNobodys(signIn: SocketSignIn, call: SocketCall, isDone: () => boolean): Promise<void> {
      const sinceMs = performance.now()
      for (const each of calls.ofSomebody()) if (each.isSubscription) each.fail(owners.sendAgain())
      await until(() => !calls.mayBeAnswered(sinceMs), isDone)
      if (isDone()) return
      for (const each of calls.ofSomebody()) each.giveWay()
      signIn.takeConnections()
      await until(() => mayPass(call), isDone)
    }

    /** Nobody who is signed in may wait for a sign-in for long. */
    function begin(call: SocketCall): SocketSignIn {
      return socketSignIns.begin(
        () => store.name !== null && call.fail(new TRPCClientError('The sign-in was not answered in time')),
      )
    }

    /** Sign-ins pass on in the order in which they were asked for: the server, too, lets the latest one win. */
    function untilTurn(signIn: SocketSignIn, call: SocketCall, isDone: () => boolean): Promise<void> {
      notes.lastTurn = notes.lastTurn.then(() => untilNobodys(signIn, call, isDone))
      return notes.lastTurn
    }

    /** What a call must wait for; undefined if it need not wait. */
    function waitOf(call: SocketCall, owner: Owner, isDone: () => boolean): Promise<void> | undefined {
      if (call.signIn === null) return owner.afterSignIns ? until(() => !socketSignIns.arePending, isDone) : undefined
      return mayPass(call) ? undefined : until(() => mayPass(call), isDone)
    }

    /** Withdraws a call that waits for a connection, here or in tRPC's client, once it must not be sent any more. */
    async function withdrawIfLate(call: SocketCall, isDone: () => boolean): Promise<void> {
      let stopNeeding: (() => void) | undefined
      let sentOver: unknown
      while (calls.has(call)) {
        const open = isOpen() && call.wasPassedOn ? client.connection?.ws : undefined
        if (open !== undefined && open === sentOver) break
        sentOver = open
        if (!isOpen()) {
          if (isDone()) call.giveWay()
          else stopNeeding ??= params.needConnection()
        }
        await nextLook()
      }
      stopNeeding?.()
    }

    watch()
    return ({ op, next }) =>
      observable((observer) => {
        const owner = owners.of(op) ?? { signIn: null }
        const { isSignIn, renewal, cancelledBy } = owner
        const fail = (error: TRPCClientError<AnyTRPCRouter>): void => callSafely(() => observer.error(error))
        const call: SocketCall = {
          client,
          signIn: renewal?.signIn ?? owner.signIn,
          isSubscription: op.type === 'subscription',
          isRenewal: renewal !== undefined,
          endsAtSignIn: owner.endsAtSignIn === true,
          wasPassedOn: false,
          fail,
          giveWay: () => (renewal ? observer.complete() : fail(signInChanged())),
        }
        const isDone = (): boolean =>
          !calls.has(call) || cancelledBy?.aborted === true || renewal?.mayBeSent() === false
        let wasRefused = false
        watch()
        calls.add(call)
        const ownSignIn = isSignIn ? begin(call) : undefined
        if (call.signIn === null) speakers.note()
        if (isSignIn || renewal) void withdrawIfLate(call, isDone)
        const held = holdCall(op, ownSignIn ? untilTurn(ownSignIn, call, isDone) : waitOf(call, owner, isDone), {
          fail,
          send() {
            if (isDone()) return call.giveWay()
            call.wasPassedOn = true
            return next(op).subscribe({
              next(envelope) {
                if (renewal && 'data' in envelope.result) speakers.noteRenewal(renewal.signIn, envelope.result.data)
                observer.next(envelope)
              },
              error(error) {
                wasRefused = error.data !== undefined
                const isRefused = call.signIn !== null && readRejection(error) === 'renew'
                if (isRefused && !calls.isRenewing(client)) speakers.closeUnless(store.current?.token)
                observer.error(error)
              },
              complete: () => observer.complete(),
            })
          },
        })
        return () => {
          calls.delete(call)
          held.unsubscribe()
          // The server gives the connection to the new user even if the call was cancelled.
          if (isSignIn && call.wasPassedOn && !wasRefused) speakers.noteSignIn()
          ownSignIn?.end()
        }
      })
  }
}

async function until(isReady: () => boolean, isDone: () => boolean): Promise<void> {
  while (!isDone() && !isReady()) await nextLook()
}

function nextLook(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_MS))
}
