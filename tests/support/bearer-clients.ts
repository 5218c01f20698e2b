import { createTRPCClient, httpSubscriptionLink, wsLink } from '@trpc/client'
import { EventSource } from 'eventsource'

import { ANN, type ClientApi, type ClientRouter } from './client-api.ts'
import { wsClientOf } from './socket.ts'

/** Signs Ann in without a client, and gives her access token. */
export async function tokenOf({ router, jwt }: ClientApi): Promise<string> {
  const { token } = await router.createCaller(jwt.createContext()).token.create(ANN)
  return token
}

/** Stock clients that always send one token, which nobody renews: over a WebSocket, and over server-sent events. */
export function bearerClients({ url, address }: { url: string; address: string }, token: string) {
  const authorization = `Bearer ${token}`
  const client = wsClientOf(address, { connectionParams: { authorization } })
  const eventSourceOptions = {
    fetch: (input: string | URL, init?: RequestInit) =>
      fetch(input, { ...init, headers: { accept: 'text/event-stream', authorization } }),
  }
  return {
    bySocket: createTRPCClient<ClientRouter>({ links: [wsLink({ client })] }),
    bySse: createTRPCClient<ClientRouter>({ links: [httpSubscriptionLink({ url, EventSource, eventSourceOptions })] }),
  }
}
