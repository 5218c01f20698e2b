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

/** What a session gives to tRPC's links. */
export type Credentials = Pick<Session, 'headers' | 'connectionParams' | 'eventSourceOptions'>

export type Transport = 'sse' | 'websocket'

interface ClientOptions {
  lifetime: Lifetime
  credentials: Credentials
  /** Go before the links that send. */
  links?: TRPCLink<PageRouter>[]
  fetch?: (input: RequestInfo | URL | string, init?: object) => Promise<Response>
  /** Of subscriptions. */
  transport?: Transport
}

/** One request for each call, so that each shows its own status: other apps take `httpBatchLink`. */
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

/** Opens with its first subscription, and closes with its last. */
function socketLink(url: string, { connectionParams }: Credentials): TRPCLink<PageRouter> {
  const client = createWSClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams,
    lazy: { enabled: true, closeMs: 0 },
  })
  return wsLink({ client })
}
