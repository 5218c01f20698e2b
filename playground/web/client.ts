import {
  createTRPCClient,
  createWSClient,
  httpLink,
  httpSubscriptionLink,
  splitLink,
  wsLink,
  type TRPCClient,
  type TRPCLink,
} from '@trpc/client'
import { EventSource } from 'eventsource'
import type { Session } from 'trpc-jwt-trivial/client'

import { apiPath, type Lifetime } from '../page/lifetimes.ts'
import type { PageRouter } from '../page/page-router.ts'

/** The parts of a session that tRPC's links use. A token without a session needs no `socket`: its user never changes. */
export type Credentials = Pick<Session, 'headers' | 'connectionParams' | 'eventSourceOptions'> &
  Partial<Pick<Session, 'socket'>>

export type Transport = 'sse' | 'websocket'

interface ClientOptions {
  lifetime: Lifetime
  credentials: Credentials
  /** Links before those that send the calls. */
  links?: TRPCLink<PageRouter>[]
  fetch?: (input: RequestInfo | URL | string, init?: object) => Promise<Response>
  /** The transport of subscriptions. */
  transport?: Transport
}

/** Sends each call in a request of its own, so that each shows its status. Other apps use `httpBatchLink`. */
export function createClient(options: ClientOptions): TRPCClient<PageRouter> {
  const { lifetime, credentials, links = [], fetch, transport = 'sse' } = options
  const url = new URL(apiPath(lifetime), location.href).href
  return createTRPCClient<PageRouter>({
    links: [
      ...links,
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: transport === 'sse' ? sseLink(url, credentials) : socketLink(url, credentials),
        false: httpLink({ url, headers: credentials.headers, ...(fetch && { fetch }) }),
      }),
    ],
  })
}

const sseLink = (url: string, { eventSourceOptions }: Credentials): TRPCLink<PageRouter> =>
  httpSubscriptionLink({ url, EventSource, eventSourceOptions })

/** A WebSocket that opens with the first subscription and closes with the last one. */
function socketLink(url: string, { connectionParams, socket }: Credentials): TRPCLink<PageRouter>[] {
  const client = createWSClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams,
    lazy: { enabled: true, closeMs: 0 },
  })
  const sending = wsLink<PageRouter>({ client })
  return socket ? [socket(client), sending] : [sending]
}
