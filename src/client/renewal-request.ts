import { TRPCClientError, type Operation, type TRPCLink } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import type { Unsubscribable } from '@trpc/server/observable'

import { withTimeout } from '../time/timers.ts'

/** Less than the default grace, so that a second request is accepted if only the answer of the first one was lost. */
const RENEWAL_TIMEOUT_MS = 8_000

type Next = Parameters<ReturnType<TRPCLink<AnyTRPCRouter>>>[0]['next']

/**
 * Sends a call of the link's own: with an id that no other call has, without a signal that could cancel it for others, and in
 * a batch of its own, so that it does not wait for slow calls.
 */
export async function sendApart(next: Next, call: Pick<Operation, 'id' | 'path' | 'input'>): Promise<unknown> {
  const op: Operation = { ...call, type: 'mutation', context: {}, signal: null }
  await new Promise((resolve) => setTimeout(resolve)) // the next batch
  let sent: Unsubscribable | undefined
  const answer = new Promise<unknown>((resolve, reject) => {
    sent = next(op).subscribe({
      next: ({ result }) => {
        if ('data' in result) resolve(result.data)
      },
      error: reject,
    })
  })
  const timeout = new TRPCClientError('The renewal was not answered in time')
  return withTimeout(answer, RENEWAL_TIMEOUT_MS, timeout).catch((error: unknown) => {
    sent?.unsubscribe()
    throw error
  })
}
