import { createTRPCClient, createWSClient, httpLink, wsLink, type TRPCLink } from '@trpc/client'
import { tap } from '@trpc/server/observable'
import type { Session } from 'trpc-jwt-trivial/client'
import { WebSocket } from 'ws'

import { refusalOf } from './ledger.ts'
import type { SoakRouter } from './server.ts'
import type { Server } from './servers.ts'
import { pick, type World } from './world.ts'

export type Client = ReturnType<typeof bareClient>

/** The stock client of one server with a token, or without: it renews nothing. */
export const bareClient = ({ url }: Server, token?: string) =>
  createTRPCClient<SoakRouter>({
    links: [httpLink({ url, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })],
  })

/** Sends each call to another server, as a load balancer does. */
export const anyServer =
  ({ servers }: World, { headers }: Session): TRPCLink<SoakRouter> =>
  (runtime) => {
    const links = servers.map(({ url }) => httpLink<SoakRouter>({ url, headers })(runtime))
    return (passing) => pick(links)(passing)
  }

/** Sees what an honest user's link mends by itself: nothing but the end of a token may need that. */
export const witness =
  ({ ledger }: World, name: string, isLeaving: () => boolean): TRPCLink<SoakRouter> =>
  () =>
  ({ op, next }) =>
    next(op).pipe(
      tap({
        next: ({ result }) => {
          if (op.path === 'token.refresh' && 'data' in result) ledger.count('renewals')
        },
        error: (error) => {
          const refusal = refusalOf(error)
          if (refusal === 'UNAUTHORIZED: Token expired') ledger.count('calls sent again after a renewal')
          else if (refusal.startsWith('UNAUTHORIZED') && !isLeaving())
            ledger.violation(`${name} was told "${refusal}" by ${op.path}`)
        },
      }),
    )

/** A WebSocket to a server, opened by the first call, or at once. */
export const openSocket = ({ address }: Server, connectionParams: Session['connectionParams'], isLazy = true) =>
  createWSClient({
    url: address,
    connectionParams,
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
    lazy: { enabled: isLazy, closeMs: 0 },
    retryDelayMs: () => 200,
  })

/** One call over a WebSocket of its own, with a token that never changes. */
export async function overSocket<Answer>(
  server: Server,
  token: string,
  call: (client: Client) => Promise<Answer>,
): Promise<Answer> {
  const socket = openSocket(server, async () => ({ authorization: `Bearer ${token}` }))
  try {
    return await call(createTRPCClient<SoakRouter>({ links: [wsLink({ client: socket })] }))
  } finally {
    await socket.close()
  }
}
