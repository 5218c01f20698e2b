import { createSessionLink, type SessionLink } from './link.ts'
import { createRenewal } from './renewal.ts'
import { createTokenStore, type TokenStorage } from './tokens.ts'
import { withTimeout } from '../time/timers.ts'
import type { Claims, UntypedClaims } from '../verify/claim-types.ts'

/** How long a new connection waits for a renewal. A renewal through that same connection never comes. */
const CONNECTION_TIMEOUT_MS = 5_000

/** Options of `createSession`. */
export interface CreateSessionOptions {
  /** Where the tokens are kept, such as `localStorage`; synchronous or asynchronous (memory, until the page closes). */
  storage?: TokenStorage
  /** The name of the entry in the storage (`'trpc-jwt-trivial'`). */
  key?: string
}

/** The headers of a call, or the `connectionParams` of a WebSocket. */
export type AuthorizationHeaders = { authorization?: string }

/** Keeps, sends, renews and removes the tokens of one user. On a server, make one for each request. */
export interface Session<ClaimsOut = UntypedClaims> {
  /** The link that keeps and renews the tokens. Put it before the link that sends the calls. */
  link: SessionLink['link']
  /** The `headers` of tRPC's HTTP links. */
  headers: () => Promise<AuthorizationHeaders>
  /** The `connectionParams` of `createWSClient`. */
  connectionParams: () => Promise<{ authorization: string } | null>
  /** The `eventSourceOptions` of `httpSubscriptionLink`, for the `eventsource` package: the native one sends no header. */
  eventSourceOptions: { fetch: (url: string | URL, init?: RequestInit) => Promise<Response> }
  /** The claims of the access token, not verified; `null` if nobody is signed in. The same object until the token changes. */
  readonly claims: Claims<ClaimsOut> | null
  /** Whether there are tokens. */
  readonly signedIn: boolean
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
  const store = createTokenStore(storage, key)
  const { link, renewIfDue } = createSessionLink(store, createRenewal(store, storage && key))
  let decoded: { token: string; claims: Claims<ClaimsOut> | null } | undefined

  async function authorization(): Promise<AuthorizationHeaders> {
    await store.loading
    return store.current ? { authorization: `Bearer ${store.current.token}` } : {}
  }

  /** The headers of a new connection, with a token that was renewed if that was due. */
  async function freshHeaders(): Promise<AuthorizationHeaders> {
    await withTimeout(renewIfDue(), CONNECTION_TIMEOUT_MS).catch(() => {})
    return authorization()
  }

  return {
    link,
    headers: authorization,
    async connectionParams() {
      const params = await freshHeaders()
      return params.authorization === undefined ? null : { authorization: params.authorization }
    },
    eventSourceOptions: {
      async fetch(url, init) {
        const headers = new Headers(init?.headers)
        for (const [name, value] of Object.entries(await freshHeaders())) headers.set(name, value)
        return fetch(url, { ...init, headers })
      },
    },
    get claims() {
      if (!store.current) return null
      const { token } = store.current
      if (decoded?.token !== token) decoded = { token, claims: decode(token) }
      return decoded.claims
    },
    get signedIn() {
      return store.current !== null
    },
    subscribe: (listener) => store.subscribe(listener),
    signOut: () => store.set(null),
  }
}

function decode<ClaimsOut>(token: string): Claims<ClaimsOut> | null {
  try {
    const payload = token.split('.')[1] ?? ''
    const bytes = Uint8Array.from(atob(payload.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0))
    return Object.freeze(JSON.parse(new TextDecoder().decode(bytes))) as Claims<ClaimsOut>
  } catch {
    return null
  }
}
