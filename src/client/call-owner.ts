import type { Operation, TRPCClientError } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'

import { laterBatch } from './ask.ts'
import type { SignIn } from './entry.ts'
import { signInChanged } from './sign-in-store.ts'

/** What a call that renews a sign-in says of itself. */
export interface RenewalRequest {
  /** The name of the sign-in. */
  readonly signIn: string
  /** Whether the call may still be sent. A refresh token that comes late is taken for a stolen one. */
  readonly mayBeSent: () => boolean
}

/** To whom a call belongs. */
export interface Owner {
  /** The name of the sign-in; `null` for a call of nobody. */
  readonly signIn: string | null
  /** Whether the call signs somebody in. On the server it gives them its connection. */
  readonly isSignIn?: boolean
  readonly renewal?: RenewalRequest
  /**
   * The access token of the sign-in that the call renews or ends. Alone in its request, the call carries it: a server with
   * several keys may choose by it. It is a function so that a log of calls does not show the token.
   */
  readonly ownToken?: () => string
  /** Whether the call waits for pending sign-ins over sockets. The server would take it for a later sign-out, and refuse them. */
  readonly afterSignIns?: boolean
  /** Whether the call ends as soon as somebody signs in. Sent later, over their socket, it would end their session. */
  readonly endsAtSignIn?: boolean
  /** What cancels the call. It is sent without it, because the session of a sign-in that was sent must be ended. */
  readonly cancelledBy?: Operation['signal']
}

/** The calls that a link of tRPC asks headers for. */
export type CallsToSend = { readonly op: Operation } | { readonly opList: readonly Operation[] }

/** Marks calls with their owner. A batch link asks for its headers later than `session.link` saw its calls. */
export interface CallOwners {
  mark(op: Operation, owner: Owner): Operation
  /** Undefined if the call did not pass through `session.link`. */
  of(op: Operation): Owner | undefined
  /** Makes an error that asks `session.link` to send the call again, if its sign-in is still the current one. */
  sendAgain(): TRPCClientError<AnyTRPCRouter>
  /** Whether an error says that a call was not sent, because of its owner or of the calls beside it. */
  wasNotSent(error: Error): boolean
  /** While nobody's calls are sent again, because they were in a batch with others: the others wait for that. */
  readonly nobodysTurn: Promise<void> | undefined
  /**
   * Returns the access token that calls carry; undefined for those of nobody.
   *
   * @throws {TRPCClientError} if a call belongs to another sign-in than the current one, or the calls to more than one
   */
  tokenFor(calls: CallsToSend | undefined, current: SignIn | null): string | undefined
}

/** Makes the marks of one session. */
export function createCallOwners(): CallOwners {
  const mark = Symbol('owner')
  const refusals = new WeakSet()
  let nobodysTurn: Promise<void> | undefined

  function sendAgain(): TRPCClientError<AnyTRPCRouter> {
    const refusal = signInChanged()
    refusals.add(refusal)
    return refusal
  }

  const ownerOf = ({ context }: Operation): Owner | undefined => (context as { [mark]?: Owner })[mark]

  return {
    mark: (op, owner) => ({ ...op, context: { ...op.context, [mark]: owner } }),
    of: ownerOf,
    sendAgain,
    wasNotSent: (error) => refusals.has(error) || refusals.has(Object(error.cause)),
    get nobodysTurn() {
      return nobodysTurn
    },
    tokenFor(calls, current) {
      const ops = calls === undefined ? [] : 'op' in calls ? [calls.op] : calls.opList
      const currentName = current?.name ?? null
      const names = new Set(ops.map((op) => ownerOf(op)).map((owner) => (owner ? owner.signIn : currentName)))
      const [name = currentName] = names
      if (names.size < 2 && (name === null || name === currentName)) {
        if (name !== null) return current?.token
        return ops.length === 1 ? ownerOf(ops[0]!)?.ownToken?.() : undefined
      }
      if (names.has(null)) nobodysTurn ??= laterBatch().finally(() => (nobodysTurn = undefined))
      throw sendAgain()
    },
  }
}
