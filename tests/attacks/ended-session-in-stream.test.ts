import { createTRPCClient, createWSClient, httpSubscriptionLink, wsLink } from '@trpc/client'
import { EventSource } from 'eventsource'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'

import { ANN, createClientApi, serveClientApi, type ClientRouter } from '../support/client-api.ts'

/** A subscription that anyone may open, and that calls a protected procedure for each event, when the test says so. */
async function start() {
  const api = createClientApi()
  const steps: (() => void)[] = []
  const open = api.t.procedure.subscription(async function* ({ ctx }) {
    for (;;) {
      yield await api.router
        .createCaller(ctx)
        .private()
        .catch(({ message }: Error) => message)
      await new Promise<void>((resolve) => steps.push(resolve))
    }
  })
  const router = api.t.router({ ...api.router._def.procedures, quiet: open }) as ClientRouter
  const { url, address } = await serveClientApi(api, { router })
  const { token } = await api.router.createCaller(api.jwt.createContext()).token.create(ANN)
  const authorization = `Bearer ${token}`
  const socket = createWSClient({
    url: address,
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
    connectionParams: { authorization },
    lazy: { enabled: true, closeMs: 0 },
  })
  onTestFinished(() => socket.close())
  const eventSourceOptions = {
    fetch: (input: string | URL, init?: RequestInit) =>
      fetch(input, { ...init, headers: { accept: 'text/event-stream', authorization } }),
  }
  return {
    api,
    step: () => steps.shift()?.(),
    bySocket: createTRPCClient<ClientRouter>({ links: [wsLink({ client: socket })] }),
    bySse: createTRPCClient<ClientRouter>({ links: [httpSubscriptionLink({ url, EventSource, eventSourceOptions })] }),
  }
}

test.each(['bySocket', 'bySse'] as const)(
  'what a public stream calls sees the end of its session at the next call, %s',
  async (way) => {
    const made = await start()
    const answers: string[] = []
    const subscription = made[way].quiet.subscribe(undefined, { onData: (answer) => answers.push(answer) })
    onTestFinished(() => subscription.unsubscribe())
    await expect.poll(() => answers, { timeout: 5_000 }).toEqual(['Your token worked, ann.'])
    await made.api.store.endAll('ann')
    await expect.poll(() => (made.step(), answers.at(1)), { timeout: 5_000 }).toBe('Invalid token')
  },
)
