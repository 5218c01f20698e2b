import type { TRPCLink } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'

import type { CallOwners, Owner } from './call-owner.ts'

type OperationLink = ReturnType<TRPCLink<AnyTRPCRouter>>
/** A call that passes through a link. */
export type Call = Parameters<OperationLink>[0]
/** What a link returns for a call. */
export type Results = ReturnType<OperationLink>
/** One result of a call. */
export type Envelope = Parameters<NonNullable<Parameters<Results['subscribe']>[0]['next']>>[0]

/** Sends a call without a token. If a link put it into one batch with others, it is sent again. */
export async function askAsNobody({ op, next }: Call, owners: CallOwners, about?: Partial<Owner>): Promise<Envelope> {
  for (;;) {
    try {
      return await answerTo(next(owners.mark(op, { signIn: null, ...about })))
    } catch (error) {
      if (!owners.wasNotSent(error as Error)) throw error
    }
  }
}

/** Settles once the calls that are sent now have left in a batch of their own. */
export async function laterBatch(): Promise<void> {
  await nextTimers()
  await nextTimers()
}

/** Settles with the timers that are due: a call that is sent then is in the next batch. */
export function nextTimers(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve))
}

function answerTo(results: Results): Promise<Envelope> {
  return new Promise((resolve, reject) => {
    results.subscribe({
      next(envelope) {
        if ('data' in envelope.result) resolve(envelope)
      },
      error: reject,
      complete: () => resolve({ result: { data: undefined } }),
    })
  })
}
