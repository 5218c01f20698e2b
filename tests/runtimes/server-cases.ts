import { createTRPCClient, httpBatchLink } from '@trpc/client'

import type { AppRouter } from './app.ts'
import { equal, refused } from './support.ts'

const ANN = { name: 'ann', password: 'opensesame' }

/** The stock client; it counts its requests, and keeps the last challenge and status. */
function createClient(url: string, token?: string) {
  const seen: { status: number; challenge: string | null }[] = []
  const trpc = createTRPCClient<AppRouter>({
    links: [
      httpBatchLink({
        url,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        fetch: async (address, init) => {
          const response = await fetch(address, init as RequestInit)
          seen.push({ status: response.status, challenge: response.headers.get('www-authenticate') })
          return response
        },
      }),
    ],
  })
  return { trpc, seen }
}

async function signedIn(url: string) {
  return createClient(url, (await createClient(url).trpc.token.create.mutate(ANN)).token)
}

/** What a server must do for the stock client, over a real socket. */
export const serverCases: { name: string; run: (url: string) => Promise<void> }[] = [
  {
    name: 'signs in whom authorise says yes to, and accepts the token',
    async run(url) {
      const { trpc, seen } = await signedIn(url)
      equal([await trpc.whoami.query(), seen], ['ann', [{ status: 200, challenge: null }]])
    },
  },
  {
    name: 'refuses to sign in anybody else',
    run: (url) => refused(createClient(url).trpc.token.create.mutate({ ...ANN, password: 'guess' }), 'Not authorised'),
  },
  {
    name: 'answers 401 and a challenge to no token and to a bad one',
    async run(url) {
      const [nobody, bad] = [createClient(url), createClient(url, 'abc')]
      await refused(nobody.trpc.whoami.query(), 'Authentication required')
      await refused(bad.trpc.whoami.query(), 'Invalid token')
      equal(nobody.seen, [{ status: 401, challenge: 'Bearer realm="trpc"' }])
      equal(bad.seen, [{ status: 401, challenge: 'Bearer realm="trpc", error="invalid_token"' }])
    },
  },
  {
    name: 'answers a batch call by call',
    async run(url) {
      const { trpc, seen } = await signedIn(url)
      const answers = await Promise.all([trpc.whoami.query(), trpc.greet.query(), trpc.write.query().catch(String)])
      equal(answers, ['ann', 'Hello, ann.', 'TRPCClientError: Insufficient scope'])
      equal([seen.length, seen[0]?.status], [1, 207])
    },
  },
  {
    name: 'renews and revokes',
    async run(url) {
      const { refreshToken } = await createClient(url).trpc.token.create.mutate(ANN)
      const { token } = await createClient(url).trpc.token.refresh.mutate({ refreshToken })
      const { trpc } = createClient(url, token)
      equal(await trpc.whoami.query(), 'ann')
      await trpc.token.revoke.mutate()
      await refused(trpc.whoami.query(), 'Invalid token')
    },
  },
]
