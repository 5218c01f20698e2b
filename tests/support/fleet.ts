import type { RequestListener } from 'node:http'

import { createTRPCClient, httpLink, TRPCClientError } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import { createJwtTrivial, memorySessions, type JwtTrivialOptions } from 'trpc-jwt-trivial'
import { expect } from 'vitest'

import { standingClock } from './clock.ts'
import { listen } from './serve.ts'

/** What one deployment of the app signs and verifies with. */
export type Keys = Pick<JwtTrivialOptions, 'passphrase' | 'privateKey' | 'publicKeys'>

/** How long access tokens and sessions last, in seconds. */
export const [TOKEN, SESSION] = [15 * 60, 60 * 60]

/** The time and the store of sessions: they go on while servers come and go. */
export function createFleet() {
  const clock = standingClock()
  return { clock, store: memorySessions({ clock: clock.read }) }
}

type Fleet = ReturnType<typeof createFleet>

function createApp({ clock, store }: Fleet, keys: Keys) {
  const jwt = createJwtTrivial({
    ...keys,
    clock: clock.read,
    expiresIn: TOKEN,
    authorise: () => ({ sub: 'ann' }),
    sessions: { store, expiresIn: SESSION, reauthorise: () => true },
  })
  const t = initTRPC.context<typeof jwt.createContext>().create()
  const appRouter = t.router({
    token: jwt.tokenRouter,
    whoami: jwt.protectedProcedure.query(({ ctx }) => ctx.jwt.sub),
  })
  return { jwt, appRouter }
}

export type FleetRouter = ReturnType<typeof createApp>['appRouter']

/** One deployment of the app, to be listened with. */
export function deploy(fleet: Fleet, keys: Keys): RequestListener {
  const { jwt, appRouter } = createApp(fleet, keys)
  return createHTTPHandler({
    router: appRouter,
    createContext: jwt.createContext,
    responseMeta: jwt.responseMeta,
  })
}

/** A server of the fleet, as its users see it. */
export type FleetServer = Awaited<ReturnType<typeof startServer>>

/** Starts a server over real HTTP, until the test ends. */
export async function startServer(listener: RequestListener) {
  const url = await listen(listener)
  const clientWith = (token?: string) =>
    createTRPCClient<FleetRouter>({
      links: [httpLink({ url, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })],
    })
  return {
    url,
    signIn: () => clientWith().token.create.mutate(),
    /** Who the token says that it is, or the text of the refusal. */
    whoami: (token: string) => clientWith(token).whoami.query().catch(textOf),
    /** Renews as `createSession` does: with the former access token in the header. */
    refresh: (refreshToken: string, token?: string) => clientWith(token).token.refresh.mutate({ refreshToken }),
  }
}

function textOf(error: unknown): string {
  if (error instanceof TRPCClientError) return error.message
  throw error
}

interface User {
  readonly signedInAt: number
  renewedAt: number
  token: string
  refreshToken: string
}

/** Users who sign in at every server of every phase, and stay as long as their session does. */
export function createUsers({ clock }: Fleet) {
  const users: User[] = []
  const signedIn = () => users.filter(({ signedInAt }) => clock.now < signedInAt + SESSION)
  const isServed = async ({ token }: User, servers: readonly FleetServer[]) => {
    for (const server of [...servers, ...servers]) expect(await server.whoami(token)).toBe('ann')
  }

  return {
    /** How many are signed in. */
    get count() {
      return signedIn().length
    },
    /** Each of them is served by all servers, twice so as to be remembered, is renewed by one, and is served again. */
    async visit(servers: readonly FleetServer[]): Promise<void> {
      for (const server of servers) {
        users.push({ ...(await server.signIn()), signedInAt: clock.now, renewedAt: clock.now })
      }
      for (const [i, user] of signedIn().entries()) {
        if (clock.now < user.renewedAt + TOKEN) await isServed(user, servers)
        const server = servers[i % servers.length]
        Object.assign(user, await server?.refresh(user.refreshToken, user.token), { renewedAt: clock.now })
        await isServed(user, servers)
      }
    },
  }
}
