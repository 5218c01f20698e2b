import {
  createTRPCClient,
  createWSClient,
  httpLink,
  httpSubscriptionLink,
  splitLink,
  wsLink,
  type TRPCLink,
} from '@trpc/client'
import { EventSource } from 'eventsource'
import { createSession } from 'trpc-jwt-trivial/client'

import type { ClientRouter } from './client-api.ts'
import { textOf } from './client-errors.ts'

interface Credentials {
  name: string
  password: string
}

/** When something was asked for: between these two moments. */
export interface Asked {
  before: number
  after: number
}

/** As whom a call was made, and what came of it. */
export interface Called {
  as: string
  answer: string | undefined
}

declare global {
  /** What a test has the page do. */
  var tab: {
    signIn: (credentials: Credentials) => Promise<unknown>
    signOut: () => Promise<unknown>
    /** Signs in at a moment, or signs out without credentials, and tells when. Waits for the answer, or for what went wrong. */
    changeAt: (moment: number, credentials?: Credentials) => Promise<Asked>
    /** When the access token ends, in milliseconds since 1970. */
    endsAt: () => number
    /** Asks once, and gives the answer or what went wrong. */
    ask: () => Promise<string>
    /** Asks twenty times at once, at a moment, and gives the answers or what went wrong. */
    askAt: (moment: number) => Promise<string[]>
    /** Has a slow mutation run, and gives its answer or what went wrong. */
    late: () => Promise<string | undefined>
    /** Calls again and again until a user has been signed in here for a while. */
    callUntilSignedIn: (name: string) => Promise<Called[]>
    /** Reads the mail, until the page closes. What came so far is in `mail`. */
    readMail: (transport: 'sse' | 'websocket') => void
    mail: { words: string[]; errors: string[] }
  }
}

const url = '/trpc'
const session = createSession({ storage: localStorage })

function clientOf(forSubscriptions: TRPCLink<ClientRouter> | TRPCLink<ClientRouter>[]) {
  return createTRPCClient<ClientRouter>({
    links: [
      session.link(),
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: forSubscriptions,
        false: httpLink({ url, headers: session.headers }),
      }),
    ],
  })
}

const socket = createWSClient({
  url: location.origin.replace('http', 'ws') + url,
  connectionParams: session.connectionParams,
  lazy: { enabled: true, closeMs: 0 },
})
const clients = {
  sse: clientOf(
    httpSubscriptionLink({
      url: location.origin + url,
      EventSource,
      eventSourceOptions: session.eventSourceOptions,
    }),
  ),
  websocket: clientOf([session.socket(socket), wsLink({ client: socket })]),
}
const trpc = clients.sse

const output = document.body.appendChild(document.createElement('output'))
const show = () => {
  output.textContent = session.signedIn ? `Signed in as ${session.claims?.sub}` : 'Signed out'
}
session.subscribe(show)
show()

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

globalThis.tab = {
  signIn: (credentials) => trpc.token.create.mutate(credentials),
  signOut: () => trpc.token.revoke.mutate(),
  async changeAt(moment, credentials) {
    await sleep(moment - Date.now())
    const before = Date.now()
    const change = credentials ? trpc.token.create.mutate(credentials) : trpc.token.revoke.mutate()
    const after = Date.now()
    await Promise.allSettled([change])
    return { before, after }
  },
  endsAt: () => Number(session.claims?.exp) * 1_000,
  ask: () => trpc.private.query().catch(textOf),
  async askAt(moment) {
    await sleep(moment - Date.now())
    return Promise.all(Array.from({ length: 20 }, () => trpc.private.query().catch(String)))
  },
  late: () => trpc.late.mutate().catch(textOf),
  async callUntilSignedIn(name) {
    const calls: Promise<Called>[] = []
    for (let left = 300, more = 5; left > 0 && more > 0; left -= 1) {
      for (const call of [trpc.whoami, trpc.late]) {
        const as = session.claims?.sub ?? 'nobody'
        calls.push(
          call
            .mutate()
            .catch(textOf)
            .then((answer) => ({ as, answer })),
        )
      }
      if (session.claims?.sub === name) more -= 1
      await sleep(100)
    }
    return Promise.all(calls)
  },
  readMail(transport) {
    clients[transport].mail.subscribe(undefined, {
      onData: (word) => globalThis.tab.mail.words.push(word),
      onError: (error) => globalThis.tab.mail.errors.push(error.message),
    })
  },
  mail: { words: [], errors: [] },
}
