import type { TRPCClientError } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'

import type { SignInStore } from './sign-in-store.ts'
import type { SocketClient } from './socket-speakers.ts'

/** How long a sign-in waits for the answers to what the current user has sent. */
const ANSWER_WAIT_MS = 1_000
/** How long it waits for the answer to a renewal: a lost one may end the session. */
const RENEWAL_WAIT_MS = 5_000

/** A call over a socket that is not answered yet. */
export interface SocketCall {
  readonly client: SocketClient
  /** Whose the call is; of a renewal, what it renews. */
  readonly signIn: string | null
  readonly isSubscription: boolean
  readonly isRenewal: boolean
  /** Of nobody's call: whether it ends as soon as somebody signs in. */
  readonly endsAtSignIn: boolean
  /** Whether the call was passed on to tRPC's client, which keeps it until a connection is open. */
  wasPassedOn: boolean
  readonly fail: (error: TRPCClientError<AnyTRPCRouter>) => void
  /** Ends the call because it must not be sent any more, or because its connection must be closed. */
  readonly giveWay: () => void
}

/** The calls over the sockets of a session. */
export interface SocketCalls {
  add(call: SocketCall): void
  delete(call: SocketCall): void
  has(call: SocketCall): boolean
  isUsed(client: SocketClient): boolean
  isRenewing(client: SocketClient): boolean
  /** Ends the calls of all sign-ins but one. Most of nobody's go on. */
  endOthers(signIn: string | null): void
  /** The calls of somebody that were passed on, subscriptions included. */
  ofSomebody(): SocketCall[]
  /** Whether a sign-in that waits since a time should go on waiting for their answers. */
  mayBeAnswered(sinceMs: number): boolean
}

/** Makes the list of the calls over the sockets of one session. */
export function createSocketCalls(store: SignInStore): SocketCalls {
  const running = new Set<SocketCall>()
  const all = (): SocketCall[] => Array.from(running)
  const ofSomebody = (): SocketCall[] => all().filter(({ signIn, wasPassedOn }) => signIn !== null && wasPassedOn)

  return {
    add: (call) => void running.add(call),
    delete: (call) => void running.delete(call),
    has: (call) => running.has(call),
    isUsed: (client) => all().some((call) => call.client === client),
    isRenewing: (client) => all().some((call) => call.client === client && call.isRenewal),
    endOthers(signIn) {
      for (const call of all()) {
        const canEnd = call.signIn !== null || call.endsAtSignIn
        if (canEnd && call.signIn !== signIn) call.fail(store.whyOver(call.signIn))
      }
    },
    ofSomebody,
    mayBeAnswered: (sinceMs) =>
      ofSomebody().some(
        ({ isRenewal }) => performance.now() - sinceMs < (isRenewal ? RENEWAL_WAIT_MS : ANSWER_WAIT_MS),
      ),
  }
}
