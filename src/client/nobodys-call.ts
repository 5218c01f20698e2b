import type { TRPCLink } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { observable, type Unsubscribable } from '@trpc/server/observable'

import type { CallOwners, Owner } from './call-owner.ts'

type OperationLink = ReturnType<TRPCLink<AnyTRPCRouter>>
/** A call that passes through a link. */
export type Call = Parameters<OperationLink>[0]
/** What a link returns for a call. */
export type Results = ReturnType<OperationLink>

/** Sends a call without a token. If a link put it into one batch with other calls, it is sent again, in a later batch. */
export function sendAsNobody({ op, next }: Call, owners: CallOwners, about?: Pick<Owner, 'changesBearer'>): Results {
  return observable((observer) => {
    let sent: Unsubscribable | undefined
    let isLeft = false

    function send(): void {
      if (isLeft) return
      sent = next(owners.mark(op, { signIn: null, ...about })).subscribe({
        next: (envelope) => observer.next(envelope),
        complete: () => observer.complete(),
        error(error) {
          if (owners.wasNotSent(error)) inLaterBatch(send)
          else observer.error(error)
        },
      })
    }

    send()
    return () => {
      isLeft = true
      sent?.unsubscribe()
    }
  })
}

/** Does some work once the calls that are sent again at once have left in a batch of theirs. */
export function inLaterBatch(work: () => void): void {
  setTimeout(() => setTimeout(work))
}
