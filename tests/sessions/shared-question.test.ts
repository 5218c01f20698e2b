import { createTRPCClient, httpBatchStreamLink, httpLink, type TRPCLink } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import type { BearerContext } from 'trpc-jwt-trivial'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { serve } from '../support/serve.ts'
import { createSessionApi, INVALID, sidOf, told } from '../support/session-api.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** Serves a procedure that calls a protected one, does something, and calls it again. Counts the questions to the store. */
async function serveTwice(between: (api: ReturnType<typeof createSessionApi>, sid: string) => unknown) {
  const api = createSessionApi()
  const { jwt, appRouter } = api
  const token = await jwt.createAccessToken({ sub: 'ann', role: 'reader' })
  const isLive = vi.spyOn(api.store, 'isLive')
  const t = initTRPC.context<BearerContext>().create()
  async function* visits({ ctx }: { ctx: BearerContext }) {
    const caller = appRouter.createCaller(ctx)
    yield await caller.private()
    await between(api, sidOf(token))
    yield await caller.private()
  }
  const router = t.router({
    atOnce: t.procedure.mutation(async (opts) => {
      const answers: string[] = []
      for await (const answer of visits(opts)) answers.push(answer)
      return answers
    }),
    streamed: t.procedure.query(visits),
  })
  const url = await serve(router, jwt)
  const clientBy = (link: TRPCLink<typeof router>) => createTRPCClient<typeof router>({ links: [link] })
  const options = { url, headers: { authorization: `Bearer ${token}` } }
  return {
    atOnce: () => told(clientBy(httpLink(options)).atOnce.mutate()),
    streamed: async () => {
      const answers: unknown[] = []
      for await (const answer of await clientBy(httpBatchStreamLink(options)).streamed.query()) answers.push(answer)
      return answers
    },
    asked: () => isLive.mock.calls.length,
  }
}

type Between = Parameters<typeof serveTwice>[0]
const ANSWERS = ['ann is a reader', 'ann is a reader']

describe.each(['atOnce', 'streamed'] as const)('calls of one HTTP request, answered %s,', (way) => {
  test('share the answer about their session for less than a second', async () => {
    const made = await serveTwice(({ clock }) => {
      clock.now += 0.999
      vi.advanceTimersByTime(999)
    })

    expect(await made[way]()).toEqual(ANSWERS)
    expect(made.asked()).toBe(1)
  })

  test.each<[string, Between]>([
    ['a second later by the clock', ({ clock }) => (clock.now += 1)],
    ['a second later, though the clock stands still', () => vi.advanceTimersByTime(1_000)],
    [
      'a second later, though the clock was set back meanwhile',
      ({ clock }) => {
        clock.now += 1
        clock.now -= 0.5
        vi.advanceTimersByTime(1_000)
      },
    ],
    ['after the clock was set back', ({ clock }) => (clock.now -= 2)],
    ['after a session ended on this server', ({ jwt }) => jwt.endSession('another')],
  ])('ask again %s', async (_when, between) => {
    const made = await serveTwice(between)

    expect(await made[way]()).toEqual(ANSWERS)
    expect(made.asked()).toBe(2)
  })
})

test('a call that begins after its own request ended the session is refused', async () => {
  const { atOnce } = await serveTwice(({ jwt }, sid) => jwt.endSession(sid))

  expect(await atOnce()).toBe(INVALID)
})
