import { createTRPCClient, httpBatchLink } from '@trpc/client'
import { createSession } from 'trpc-jwt-trivial/client'

import { createApp, type App, type AppRouter } from './app.ts'
import { equal, refused, sleep, type Case } from './support.ts'

const ANN = { name: 'ann', password: 'opensesame' }

/** The stock client with our link, over the app's own `fetch`. */
function createClient(app: App) {
  const [session, paths]: [ReturnType<typeof createSession>, string[]] = [createSession(), []]
  const trpc = createTRPCClient<AppRouter>({
    links: [
      session.link<AppRouter>({ router: 'token' }),
      httpBatchLink({
        url: 'http://localhost',
        headers: session.headers,
        fetch: (url, init) => {
          const request = new Request(url, init as RequestInit)
          paths.push(new URL(request.url).pathname.slice(1))
          return app.fetch(request)
        },
      }),
    ],
  })
  return { session, trpc, refreshes: () => paths.filter((path) => path === 'token.refresh').length }
}

const shortLived = () => createApp({ passphrase: 'a passphrase of tokens that do not live long', expiresIn: 3 })

/** `createSession`. */
export const clientCases: Case[] = [
  {
    name: 'client: keeps and sends a token, and forgets it on sign-out',
    async run() {
      const { session, trpc } = createClient(createApp())
      await refused(trpc.whoami.query(), 'Authentication required')
      await trpc.token.create.mutate(ANN)
      equal([await trpc.whoami.query(), session.signedIn, session.claims?.sub], ['ann', true, 'ann'])
      await trpc.token.revoke.mutate()
      equal([session.signedIn, session.claims], [false, null])
      await refused(trpc.whoami.query(), 'Authentication required')
    },
  },
  {
    name: 'client: renews an expired token by itself, once for many calls; where that is refused, it signs out',
    async run() {
      const app = shortLived()
      const [one, refusedOne] = [createClient(app), createClient(app)]
      await one.trpc.token.create.mutate(ANN)
      await refusedOne.trpc.token.create.mutate({ ...ANN, name: 'bob' })
      app.banned.add('bob')
      await sleep(3_100)
      equal(await Promise.all([1, 2, 3].map(() => one.trpc.whoami.query())), ['ann', 'ann', 'ann'])
      equal(one.refreshes(), 1, 'renewals')
      await refused(refusedOne.trpc.whoami.query(), 'Not authorised')
      equal(refusedOne.session.signedIn, false, 'signed in after a refusal')
    },
  },
]
