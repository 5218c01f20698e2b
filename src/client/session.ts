import { createSessionLink, type SessionLink } from './link.ts'
import { createRenewal } from './renewal.ts'
import { createTokenStore, type TokenStorage } from './tokens.ts'
import type { Claims, UntypedClaims } from '../verify/claims.ts'

/** How long a connection waits for a renewal, in milliseconds: one that goes through that very connection cannot come. */
const PATIENCE = 5_000

/** Options of `createSession`. */
export interface CreateSessionOptions {
  /** Where the tokens are kept: `localStorage`, say; synchronous or not (memory, for as long as the page lives). */
  storage?: TokenStorage
  /** The name of the entry in the storage (`'trpc-jwt-trivial'`). */
  key?: string
}

/** The headers of a call, or the `connectionParams` of a WebSocket. */
export type AuthorizationHeaders = { authorization?: string }

/** One user's tokens on the client, kept, sent, renewed and forgotten. One per user: on a server, one per request. */
export interface Session<ClaimsOut = UntypedClaims> {
  /** The link that watches the app's calls; it goes before the link that sends them. */
  link: SessionLink['link']
  /** The `headers` of tRPC's HTTP links. */
  headers: () => Promise<AuthorizationHeaders>
  /** The `connectionParams` of `createWSClient`. */
  connectionParams: () => Promise<{ authorization: string } | null>
  /** The `eventSourceOptions` of `httpSubscriptionLink` with the `eventsource` package: native `EventSource` sends no header. */
  eventSourceOptions: { fetch: (url: string | URL, init?: RequestInit) => Promise<Response> }
  /** The claims of the access token, which nobody has verified here; `null` where nobody is signed in. The same object until they change. */
  readonly claims: Claims<ClaimsOut> | null
  /** Whether there are tokens. */
  readonly signedIn: boolean
  /** Calls a listener whenever the tokens change, until the function that it answers is called. */
  subscribe: (listener: () => void) => () => void
  /** Forgets the tokens. It tells no server: `token.revoke` ends a session there too, and forgets them by itself. */
  signOut: () => Promise<void>
}

/** Makes the client's half: a link that keeps the tokens of one user, sends them and renews them. */
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

  /** The headers of a connection that is being opened, with a token that is good for a while. */
  async function freshHeaders(): Promise<AuthorizationHeaders> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const patience = new Promise((resolve) => {
      timer = setTimeout(resolve, PATIENCE)
    })
    await Promise.race([renewIfDue().catch(() => {}), patience])
    clearTimeout(timer)
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
