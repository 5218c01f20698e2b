import type { Operation, TRPCLink } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'

import type { Claims, UntypedClaims } from '../verify/claim-types.ts'
import { createAppCalls } from './app-call.ts'
import { createCallOwners, type CallsToSend } from './call-owner.ts'
import { createHandOut, type AuthorizationHeaders, type EventSourceOptions } from './hand-out.ts'
import { createSessionLinks, type SessionLinkOptions } from './link.ts'
import { readClaims } from './read-claims.ts'
import { createRenewal } from './renewal.ts'
import { createRoutes } from './route.ts'
import { createSignInStore } from './sign-in-store.ts'
import { createSocketLinks } from './socket-link.ts'
import { createSocketSignIns } from './socket-sign-ins.ts'
import type { SocketClient } from './socket-speakers.ts'
import { createTokenCalls } from './token-calls.ts'
import type { TokenStorage } from './token-storage.ts'

/** Options of `createSession`. */
export interface CreateSessionOptions {
  /** Where the tokens are kept, such as `localStorage`; synchronous or asynchronous (memory, until the page closes). */
  storage?: TokenStorage
  /** The name of the entry in the storage (`'trpc-jwt-trivial'`). */
  key?: string
}

/**
 * Keeps, sends, renews and removes the tokens of one user. A call belongs to the sign-in under which it was made, and is never
 * sent under another one. On a server, make a session for each request.
 */
export interface Session<ClaimsOut = UntypedClaims> {
  /** The link that keeps and renews the tokens. Put it before the link that sends the calls. */
  link: <Router extends AnyTRPCRouter>(options?: SessionLinkOptions) => TRPCLink<Router>
  /** The link to put before `wsLink`, with the same client: a connection speaks for one sign-in. */
  socket: <Router extends AnyTRPCRouter>(client: SocketClient) => TRPCLink<Router>
  /**
   * The `headers` of tRPC's HTTP links. Rejects for calls of another sign-in than the current one; `session.link` expects that.
   * Without calls, for a `fetch` of your own, it returns the current token.
   */
  headers: (calls?: CallsToSend) => Promise<AuthorizationHeaders>
  /** The `connectionParams` of `createWSClient`. */
  connectionParams: () => Promise<{ authorization: string } | null>
  /** The `eventSourceOptions` of `httpSubscriptionLink`, for the `eventsource` package: the native one sends no header. */
  eventSourceOptions: (call: { op: Operation }) => EventSourceOptions
  /** The claims of the access token, not verified; `null` if there are none. The same object until the token changes. */
  readonly claims: Claims<ClaimsOut> | null
  /** Whether somebody is signed in. */
  readonly signedIn: boolean
  /** The name of the current sign-in; `null` if nobody is signed in. It stays the same when tokens are renewed. */
  readonly signInId: string | null
  /** Calls a listener whenever the tokens change. Returns a function that removes the listener. */
  subscribe: (listener: () => void) => () => void
  /** Removes the tokens, here only. `token.revoke` also ends the session on the server, and removes the tokens too. */
  signOut: () => Promise<void>
}

/**
 * Makes the client side: a link that keeps the tokens of one user, and renews them.
 *
 * @example
 * ```ts
 * const session = createSession({ storage: localStorage })
 * const trpc = createTRPCClient<AppRouter>({
 *   links: [session.link(), httpBatchLink({ url, headers: session.headers })],
 * })
 * await trpc.token.create.mutate({ email, password }) // the link keeps the tokens, and sends them from now on
 * ```
 */
export function createSession<ClaimsOut = UntypedClaims>({
  storage,
  key = 'trpc-jwt-trivial',
}: CreateSessionOptions = {}): Session<ClaimsOut> {
  const store = createSignInStore(storage, key)
  const owners = createCallOwners()
  const routes = createRoutes(owners)
  const socketSignIns = createSocketSignIns()
  const renewal = createRenewal({ store, routes, socketSignIns, lock: storage && `${key}:renewal` })
  const { headers, connectionParams, eventSourceOptions, answeredParams } = createHandOut({
    store,
    renewal,
    owners,
    socketSignIns,
  })
  const appCall = createAppCalls({ store, renewal, owners })
  const tokenCalls = createTokenCalls({ store, renewal, routes, owners })
  let read: { token: string; claims: Claims<ClaimsOut> | null } | undefined

  return {
    link: createSessionLinks({ appCall, tokenCalls, routes, owners }),
    socket: createSocketLinks({ store, owners, socketSignIns, params: answeredParams }),
    headers,
    connectionParams,
    eventSourceOptions,
    get claims() {
      if (!store.current) return null
      const { token } = store.current
      if (read?.token !== token) read = { token, claims: readClaims(token) }
      return read.claims
    },
    get signedIn() {
      return store.current !== null
    },
    get signInId() {
      return store.name
    },
    subscribe: store.subscribe,
    signOut: store.signOut,
  }
}
