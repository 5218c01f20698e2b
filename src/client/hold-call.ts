import { TRPCClientError, type Operation } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import type { Unsubscribable } from '@trpc/server/observable'

/** What becomes of a held call. */
interface Held {
  readonly send: () => Unsubscribable
  readonly fail: (error: TRPCClientError<AnyTRPCRouter>) => void
}

/** Holds a call until `waitFor` has settled, and drops it if it is cancelled before. Without `waitFor` it is sent at once. */
export function holdCall(
  { signal }: Pick<Operation, 'signal'>,
  waitFor: Promise<unknown> | undefined,
  { send, fail }: Held,
): Unsubscribable {
  let sent: Unsubscribable | undefined
  let done = false

  function settle(proceed: () => void): void {
    if (done) return
    done = true
    signal?.removeEventListener('abort', abort)
    proceed()
  }
  function abort(): void {
    settle(() => fail(TRPCClientError.from(signal?.reason as Error)))
  }
  function go(): void {
    settle(() => {
      sent = send()
    })
  }

  if (waitFor) {
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort)
    waitFor.then(go, (error: Error) => settle(() => fail(TRPCClientError.from(error))))
  } else go()
  return {
    unsubscribe() {
      settle(() => {})
      sent?.unsubscribe()
    },
  }
}
