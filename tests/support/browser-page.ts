import { createTRPCClient, httpLink } from '@trpc/client'
import { createSession } from 'trpc-jwt-trivial/client'

import type { ClientRouter } from './client-api.ts'

declare global {
  /** What a test has the page do. */
  var tab: {
    signIn: (credentials: { name: string; password: string }) => Promise<unknown>
    signOut: () => Promise<unknown>
    /** When the access token ends, in milliseconds since 1970. */
    endsAt: () => number
    /** Asks twenty times at once, at a moment, and gives the answers or what went wrong. */
    askAt: (moment: number) => Promise<string[]>
  }
}

const session = createSession({ storage: localStorage })
const trpc = createTRPCClient<ClientRouter>({
  links: [session.link(), httpLink({ url: '/trpc', headers: session.headers })],
})

const output = document.body.appendChild(document.createElement('output'))
const show = () => {
  output.textContent = session.signedIn ? `Signed in as ${session.claims?.sub}` : 'Signed out'
}
session.subscribe(show)
show()

globalThis.tab = {
  signIn: (credentials) => trpc.token.create.mutate(credentials),
  signOut: () => trpc.token.revoke.mutate(),
  endsAt: () => Number(session.claims?.exp) * 1_000,
  async askAt(moment) {
    await new Promise((resolve) => setTimeout(resolve, moment - Date.now()))
    return Promise.all(Array.from({ length: 20 }, () => trpc.private.query().catch(String)))
  },
}
