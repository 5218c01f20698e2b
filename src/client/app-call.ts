import { observable, type Unsubscribable } from '@trpc/server/observable'

import type { Call, Results } from './ask.ts'
import type { CallOwners } from './call-owner.ts'
import { endOf, type SignIn } from './entry.ts'
import { holdCall } from './hold-call.ts'
import { readRejection } from './read-rejection.ts'
import type { Renewal } from './renewal.ts'
import type { SignInStore } from './sign-in-store.ts'

/** How long a subscription must have run to be resumed a second time. */
const MIN_SUBSCRIPTION_MS = 1_000

interface Dependencies {
  readonly store: SignInStore
  readonly renewal: Renewal
  readonly owners: CallOwners
}

/**
 * Makes the passage of an app's own calls. A call belongs to one sign-in from its beginning to its end. If its token is refused,
 * it is sent once more with the next token of that sign-in.
 */
export function createAppCalls({ store, renewal, owners }: Dependencies): (call: Call) => Results {
  /** Whether a refused call can be sent again, and what it must wait for. An expired token that cannot be renewed is removed. */
  function nextAttempt(used: SignIn): { waitFor: Promise<void> | undefined } | undefined {
    const { current } = store
    if (current?.name !== used.name) return undefined
    if (current.token !== used.token) return { waitFor: undefined }
    const waitFor = renewal.afterRejection(current)
    if (waitFor) return { waitFor }
    if (current.refreshToken === undefined && Date.now() >= current.endsAt) void store.offer(endOf(current))
    return undefined
  }

  /** What a call of somebody waits for before it is sent. */
  function ready(): Promise<void> | undefined {
    return owners.nobodysTurn?.then(renewal.beforeSending) ?? renewal.beforeSending()
  }

  return ({ op, next }) =>
    observable((observer) => {
      const isSubscription = op.type === 'subscription'
      const before = store.name
      store.readIfFast()
      let signIn = before ?? store.name
      let isSent = false
      let lastEventId: string | undefined
      let wasResent = false
      let startedAt = Number.POSITIVE_INFINITY
      let held: Unsubscribable | undefined

      const isOver = (): boolean => signIn !== null && signIn !== store.name
      const end = (): void => observer.error(store.whyOver(signIn))

      function attempt(waitFor: Promise<unknown> | undefined): void {
        isSent = false
        held = holdCall(op, waitFor, { fail: (error) => (isOver() ? end() : observer.error(error)), send })
      }

      function send(): Unsubscribable | void {
        if (isOver()) return end()
        isSent = true
        const used = signIn === null ? null : store.current
        return next(owners.mark(resumed(op, lastEventId), { signIn })).subscribe({
          next(envelope) {
            const { result } = envelope
            if ('id' in result && typeof result.id === 'string') lastEventId = result.id
            if (result.type === 'started') startedAt = Math.min(startedAt, performance.now())
            observer.next(envelope)
          },
          error(error) {
            if (owners.wasNotSent(error)) return sendAgain()
            const hasLasted = isSubscription && performance.now() - startedAt >= MIN_SUBSCRIPTION_MS
            const mayResend = !wasResent || hasLasted
            const again = used && mayResend && readRejection(error) === 'renew' ? nextAttempt(used) : undefined
            if (!again) return observer.error(error)
            wasResent = again.waitFor !== undefined || !isSubscription
            startedAt = Number.POSITIVE_INFINITY
            attempt(again.waitFor)
          },
          complete: () => observer.complete(),
        })
      }

      /** `headers` refused a batch: this call may be sent in another one. */
      function sendAgain(): void {
        if (isOver()) end()
        else attempt(signIn === null ? undefined : ready())
      }

      async function afterLoading(loading: Promise<void>): Promise<void> {
        await loading
        signIn = store.name
        await renewal.beforeSending()
      }

      const leave = store.subscribe(() => {
        if ((isSubscription || !isSent) && isOver()) end()
      })
      if (isOver()) end()
      else if (store.loading) attempt(afterLoading(store.loading))
      else attempt(signIn === null ? undefined : ready())
      return () => {
        leave()
        held?.unsubscribe()
      }
    })
}

/** Resumes a subscription after the last event that it received, as tRPC's own links do. */
function resumed(op: Call['op'], lastEventId: string | undefined): Call['op'] {
  if (lastEventId === undefined || (op.input !== undefined && op.input !== null && typeof op.input !== 'object'))
    return op
  return { ...op, input: { ...(op.input as object | undefined), lastEventId } }
}
