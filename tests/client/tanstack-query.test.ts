import { CancelledError, QueryClient, QueryObserver } from '@tanstack/react-query'
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query'
import { expect, test } from 'vitest'

import { signedIn, sleep, type ClientRouter } from '../support/client-api.ts'
import { runningClock } from '../support/clock.ts'
import { passTime } from '../support/later.ts'

/** Ann's client under TanStack Query, and a server whose clock can run ahead. */
async function start() {
  const clock = runningClock()
  const made = await signedIn({ clock: clock.read })
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const trpc = createTRPCOptionsProxy<ClientRouter>({ client: made.client, queryClient })
  const expire = () => {
    clock.ahead = 901
  }
  return { ...made, queryClient, trpc, expire }
}

/** Observes `n` protected queries, as `n` components do. */
function observe({ queryClient, trpc }: Pick<Awaited<ReturnType<typeof start>>, 'queryClient' | 'trpc'>, n: number) {
  return Array.from({ length: n }, (_, i) => {
    const observer = new QueryObserver(queryClient, trpc.double.queryOptions(i))
    observer.subscribe(() => {})
    return observer
  })
}

test('parallel queries after expiry cause one renewal, and each of them succeeds and settles', async () => {
  const made = await start()
  made.expire()
  const observed = observe(made, 10)
  await expect.poll(() => made.queryClient.isFetching(), { timeout: 3_000 }).toBe(0)

  expect(observed.map((observer) => observer.getCurrentResult())).toMatchObject(
    observed.map((_, i) => ({ status: 'success', isFetching: false, data: i * 2 })),
  )
  expect(made.refreshes()).toBe(1)
  for (const observer of observed) observer.destroy()
  made.queryClient.clear()
})

test('queries that are refetched when the token is due wait for one renewal', async () => {
  const { queryClient, trpc, refreshes } = await start()
  const fetch = () => queryClient.fetchQuery(trpc.private.queryOptions())
  await fetch()
  passTime(860)
  await Promise.all([fetch(), queryClient.fetchQuery(trpc.hello.queryOptions()), queryClient.refetchQueries()])

  expect([refreshes(), queryClient.isFetching()]).toEqual([1, 0])
  queryClient.clear()
})

test('queries whose renewal is refused fail and settle', async () => {
  const made = await start()
  await made.api.jwt.endSessions('ann')
  const observed = observe(made, 3)
  await expect.poll(() => made.queryClient.isFetching(), { timeout: 3_000 }).toBe(0)

  expect(observed.map((observer) => observer.getCurrentResult())).toMatchObject(
    observed.map(() => ({ status: 'error', isFetching: false, error: { message: 'Not authorised' } })),
  )
  expect([made.refreshes(), made.session.signedIn]).toEqual([1, false])
  for (const observer of observed) observer.destroy()
  made.queryClient.clear()
})

test('a query that is cancelled while it waits settles at once', async () => {
  const { api, client, queryClient, trpc } = await start()
  passTime(860)
  api.renewal.answer = () => sleep(200).then(() => true)
  const options = trpc.private.queryOptions(undefined, { trpc: { abortOnUnmount: true } })
  const fetching = queryClient.fetchQuery(options).catch((error: unknown) => error)
  await sleep(30)
  await queryClient.cancelQueries({ queryKey: options.queryKey })

  expect([await fetching, queryClient.isFetching()]).toEqual([expect.any(CancelledError), 0])
  expect(await client.private.query()).toBe('Your token worked, ann.')
  queryClient.clear()
})
