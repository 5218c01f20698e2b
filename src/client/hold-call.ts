import { TRPCClientError, type Operation } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import type { Unsubscribable } from '@trpc/server/observable'

/** What becomes of a held call. */
interface Held<Awaited> {
  readonly send: (awaited: Awaited) => Unsubscribable | void
  readonly fail: (error: TRPCClientError<AnyTRPCRouter>) => void
}

/** Holds a call until `waitFor` has settled, and drops it if it is cancelled before. Without a promise it is sent at once. */
export function holdCall<Awaited>(
  { signal }: Pick<Operation, 'signal'>,
  waitFor: Promise<Awaited> | Awaited,
  { send, fail }: Held<Awaited>,
): Unsubscribable {
  let sent: Unsubscribable | void
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
  function go(awaited: Awaited): void {
    settle(() => {
      try {
        sent = send(awaited)
      } catch (error) {
        fail(TRPCClientError.from(error as Error))
      }
    })
  }

  if (waitFor instanceof Promise) {
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort)
    waitFor.then(go, (error: Error) => settle(() => fail(TRPCClientError.from(error))))
  } else go(waitFor)
  return {
    unsubscribe() {
      settle(() => {})
      sent?.unsubscribe()
    },
  }
}
