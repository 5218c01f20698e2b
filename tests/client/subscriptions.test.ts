import { createTRPCClient, createWSClient, wsLink } from '@trpc/client'
import { createSession } from 'trpc-jwt-trivial/client'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'

import { ANN, createClientApi, serveClientApi, sleep, type ClientRouter } from '../support/client-api.ts'
import { countUp, follow } from '../support/follow.ts'

test(
  'a stream over a WebSocket goes on when its first token was renewed for a call, and the next ends in silence',
  { timeout: 15_000 },
  async () => {
    const api = createClientApi({ expiresIn: 3 })
    const { address } = await serveClientApi(api)
    const session = createSession()
    const socket = createWSClient({
      url: address,
      connectionParams: session.connectionParams,
      WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
    })
    onTestFinished(() => socket.close())
    const client = createTRPCClient<ClientRouter>({ links: [session.link(), wsLink({ client: socket })] })
    await client.token.create.mutate(ANN)
    const { numbers, errors, unsubscribe } = follow(client)
    await sleep(2_100)
    await client.private.query()
    await sleep(3_400)
    const { length } = numbers
    await sleep(600)
    unsubscribe()

    expect(errors).toEqual([])
    expect(numbers.length).toBeGreaterThan(length)
    expect(numbers).toEqual(countUp(numbers))
  },
)
