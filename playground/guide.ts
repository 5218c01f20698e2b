import assert from 'node:assert/strict'

import { createTRPCClient, httpBatchLink, httpLink, TRPCClientError } from '@trpc/client'
import type { ClientReason } from 'trpc-jwt-trivial'

import type { AppRouter } from './app.ts'
import { printStep } from './print.ts'
import { createWire } from './wire.ts'

/** How a call must be rejected. */
interface Refusal {
  status: number
  code: string
  reason: ClientReason
  challenge: string
}

export type Guide = ReturnType<typeof createGuide>

/** Makes clients that print their calls, and checks how calls end. */
export function createGuide(url: string) {
  const wire = createWire()
  let steps = 0

  const optionsFor = (token: string | undefined) => ({
    url,
    fetch: wire.fetch,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  })

  const say = (title: string): void => {
    steps += 1
    printStep(steps, title)
  }

  const answered = async <Answer>(call: Promise<Answer>): Promise<Answer> => {
    const answer = await call
    assert.equal(wire.last().status, 200)
    return answer
  }

  const refused = async (call: Promise<unknown>, expected: Refusal): Promise<void> => {
    const { code, reason } = await refusalOf(call)
    const { status, headers } = wire.last()
    assert.deepEqual({ status, code, reason, challenge: headers.get('www-authenticate') }, expected)
  }

  /** The outcomes of a batch: the answers, and the reasons of the rejected calls. */
  const mixed = async (calls: readonly Promise<unknown>[], challenge: string): Promise<unknown[]> => {
    const settled = await Promise.allSettled(calls)
    const { status, headers } = wire.last()
    assert.deepEqual([status, headers.get('www-authenticate')], [207, challenge])
    return settled.map((each) => (each.status === 'fulfilled' ? each.value : dataOf(each.reason).jwt?.reason))
  }

  return {
    /** A client with a token, or without one. */
    clientWith: (token?: string) => createTRPCClient<AppRouter>({ links: [httpLink(optionsFor(token))] }),
    /** A client that sends calls made at the same time in one request. */
    batchingClientWith: (token?: string) => createTRPCClient<AppRouter>({ links: [httpBatchLink(optionsFor(token))] }),
    url,
    say,
    answered,
    refused,
    mixed,
  }
}

async function refusalOf(call: Promise<unknown>) {
  const outcome = await call.then(
    (answer) => ({ answer }),
    (error: unknown) => ({ error }),
  )
  if ('answer' in outcome) assert.fail('The call was answered, but should have been rejected')
  const { code, jwt } = dataOf(outcome.error)
  return { code, reason: jwt?.reason }
}

/** The data that the server's `errorFormatter` returned. Its type comes from the router's type. */
function dataOf(error: unknown) {
  if (!(error instanceof TRPCClientError)) throw error
  const { data } = error as TRPCClientError<AppRouter>
  if (!data) throw error
  return data
}
