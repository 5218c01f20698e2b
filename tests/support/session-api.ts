import { createTRPCClient, httpLink, TRPCClientError } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { decodeJwt } from 'jose'
import {
  createJwtTrivial,
  memorySessions,
  type JwtTrivialOptions,
  type MemorySessions,
  type Outcome,
  type SessionOptions,
} from 'trpc-jwt-trivial'
import * as z from 'zod'

import { standingClock } from './clock.ts'
import { PASSPHRASE } from './mint.ts'
import { serve } from './serve.ts'

/** What a user may be. */
export type Role = 'reader' | 'writer' | 'banned'

/** What the API's sessions run on, as far as a test wants it otherwise. */
export type SessionApiOptions = Partial<Omit<SessionOptions, 'reauthorise'>> & {
  reauthorise?: SessionOptions<{ sub?: string; role: 'reader' | 'writer' } | boolean | null | undefined>['reauthorise']
  jwt?: Pick<JwtTrivialOptions, 'audience' | 'issuer' | 'expiresIn' | 'clockTolerance' | 'retfunc'>
}

/** An API with sessions, on a clock that a test moves. Who may sign in, and as what, is in `users`. */
export function createSessionApi({ jwt: options = {}, reauthorise, store, ...sessions }: SessionApiOptions = {}) {
  const clock = standingClock()
  const outcomes: Outcome[] = []
  const users = new Map<string, Role>([
    ['ann', 'reader'],
    ['bob', 'writer'],
  ])
  const claimsOf = (sub: string) => {
    const role = users.get(sub)
    return role !== undefined && role !== 'banned' && { sub, role }
  }
  const memory: MemorySessions = memorySessions({ clock: clock.read })
  const jwt = createJwtTrivial({
    passphrase: PASSPHRASE,
    clock: clock.read,
    retfunc: (outcome) => void outcomes.push(outcome),
    ...options,
    claims: z.object({ sub: z.string(), role: z.string() }),
    credentials: z.object({ name: z.string() }),
    authorise: ({ input }) => claimsOf(input.name),
    sessions: {
      store: store ?? memory,
      reauthorise: async (opts) => (await (reauthorise ?? (({ sub }) => claimsOf(sub)))(opts)) as false,
      ...sessions,
    },
  })
  const t = initTRPC.context<typeof jwt.createContext>().create()
  const appRouter = t.router({
    token: jwt.tokenRouter,
    hello: t.procedure.query(() => 'Anyone may call this.'),
    private: jwt.protectedProcedure.query(({ ctx }) => `${ctx.jwt.sub} is a ${ctx.jwt.role}`),
    optional: jwt.protect({ optional: true }).query(({ ctx }) => ctx.jwt && ctx.jwt.sub),
    recent: jwt.protect({ maxAge: '5m' }).query(() => 'changed'),
  })
  return { jwt, appRouter, clock, outcomes, users, store: memory }
}

export type SessionRouter = ReturnType<typeof createSessionApi>['appRouter']

/** What a sign-in or a renewal answers. */
export interface Tokens {
  token: string
  refreshToken: string
}

/** The stock client, with a token or without. */
export const clientOf = (url: string, token?: string) =>
  createTRPCClient<SessionRouter>({
    links: [httpLink({ url, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })],
  })

/** Serves the API over real HTTP, and gives it with what stock clients do with it. */
export async function serveSessionApi(options?: SessionApiOptions) {
  const api = createSessionApi(options)
  const url = await serve(api.appRouter, api.jwt)
  return {
    ...api,
    url,
    signIn: (name = 'ann') => clientOf(url).token.create.mutate({ name }),
    refresh: (refreshToken: string) => clientOf(url).token.refresh.mutate({ refreshToken }),
    revoke: (token?: string, refreshToken?: string) =>
      clientOf(url, token).token.revoke.mutate(refreshToken === undefined ? undefined : { refreshToken }),
    /** What the protected procedure answers to a token. */
    visit: (token: string) => told(clientOf(url, token).private.query()),
  }
}

/** What a client is told: an answer, or the code and the text of an error. */
export async function told(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call
  } catch (error) {
    if (!(error instanceof TRPCClientError)) throw error
    return `${(error.data as { code?: string } | undefined)?.code}: ${error.message}`
  }
}

export const NOT_AUTHORISED = 'UNAUTHORIZED: Not authorised'
export const INVALID = 'UNAUTHORIZED: Invalid token'
export const EXPIRED = 'UNAUTHORIZED: Token expired'
export const UNAVAILABLE = 'SERVICE_UNAVAILABLE: Service unavailable'

/** The session of a token. */
export const sidOf = (token: string): string => String(decodeJwt(token)['sid'])
