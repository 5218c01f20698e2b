import {
  createTRPCClient,
  httpBatchLink,
  httpSubscriptionLink,
  splitLink,
  wsLink,
  type createWSClient,
  type TRPCLink,
} from '@trpc/client'
import { EventSource } from 'eventsource'
import type { Session } from 'trpc-jwt-trivial/client'

import type { ClientRouter } from './client-api.ts'
import { wsClientOf } from './socket.ts'

type WsClient = ReturnType<typeof createWSClient>

/** The stock client of a session over HTTP. With `router: null`, it renews nothing through this client. */
export const clientOverHttp = (session: Session, url: string, options: { router?: null } = {}) =>
  createTRPCClient<ClientRouter>({
    links: [session.link(options), httpBatchLink({ url, headers: session.headers })],
  })

/** The same over a WebSocket alone, without `session.socket`. */
export const clientOverWebSocket = (session: Session, address: string) =>
  createTRPCClient<ClientRouter>({
    links: [session.link(), wsLink({ client: wsClientOf(address, { connectionParams: session.connectionParams }) })],
  })

/** The same over a WebSocket alone, through `session.socket`. */
export const clientOverSocket = (session: Session, client: WsClient) =>
  createTRPCClient<ClientRouter>({ links: [session.link(), session.socket(client), wsLink({ client })] })

export interface OverSocket {
  /** Where the calls go that do not go over the socket. */
  url: string
  client: WsClient
  /** Which paths go over HTTP (those of the token router). */
  isOverHttp?: (path: string) => boolean
  /** What sends over the socket (`wsLink`). */
  sending?: TRPCLink<ClientRouter>
}

/** The same over a WebSocket through `session.socket`, and over HTTP beside it. */
export const clientOverSocketAndHttp = (
  session: Session,
  { url, client, isOverHttp = (path) => path.startsWith('token.'), sending = wsLink({ client }) }: OverSocket,
) =>
  createTRPCClient<ClientRouter>({
    links: [
      session.link(),
      splitLink({
        condition: ({ path }) => isOverHttp(path),
        true: httpBatchLink({ url, headers: session.headers }),
        false: [session.socket(client), sending],
      }),
    ],
  })

export interface OverSse {
  url: string
  /** Where its subscriptions go. */
  streamUrl: string
  eventSourceOptions?: Session['eventSourceOptions']
}

/** The same over HTTP, its subscriptions over server-sent events. */
export const clientOverSse = (
  session: Session,
  { url, streamUrl, eventSourceOptions = session.eventSourceOptions }: OverSse,
) =>
  createTRPCClient<ClientRouter>({
    links: [
      session.link(),
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: httpSubscriptionLink({ url: streamUrl, EventSource, eventSourceOptions }),
        false: httpBatchLink({ url, headers: session.headers }),
      }),
    ],
  })
