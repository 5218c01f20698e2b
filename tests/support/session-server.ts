import type { AddressInfo } from 'node:net'

import { initTRPC } from '@trpc/server'
import { createHTTPServer } from '@trpc/server/adapters/standalone'
import { Redis } from 'ioredis'
import { Pool } from 'pg'
import { createClient, createClientPool } from 'redis'
import { createJwtTrivial, type SessionStore } from 'trpc-jwt-trivial'
import { postgresSessions } from 'trpc-jwt-trivial/postgres'
import { redisSessions } from 'trpc-jwt-trivial/redis'
import * as z from 'zod'

import { PASSPHRASE } from './mint.ts'

/** What a server process keeps its sessions in, and how it talks to that. */
export interface SessionServerSettings {
  readonly through: 'node-redis' | 'node-redis pool' | 'ioredis' | 'pg'
  readonly url: string
  /** The prefix of its keys, or its table. */
  readonly name: string
  readonly grace: number
}

async function openStore({ through, url, name }: SessionServerSettings): Promise<SessionStore> {
  if (through === 'pg') return postgresSessions(quiet(new Pool({ connectionString: url, max: 10 })), { table: name })
  if (through === 'ioredis') return redisSessions(quiet(new Redis(url)), { prefix: name })
  const client = quiet(through === 'node-redis' ? createClient({ url }) : createClientPool({ url }))
  await client.connect()
  return redisSessions(client, { prefix: name })
}

function quiet<Client extends { on(event: 'error', listener: () => void): unknown }>(client: Client): Client {
  client.on('error', () => {})
  return client
}

function createApp(store: SessionStore, grace: number) {
  const jwt = createJwtTrivial({
    passphrase: PASSPHRASE,
    credentials: z.object({ name: z.string() }),
    authorise: ({ input }) => ({ sub: input.name }),
    sessions: { store, grace, reauthorise: () => true },
  })
  const t = initTRPC.context<typeof jwt.createContext>().create()
  const appRouter = t.router({
    token: jwt.tokenRouter,
    hello: t.procedure.query(() => 'Anyone may call this.'),
    private: jwt.protectedProcedure.query(({ ctx }) => `Your token worked, ${ctx.jwt.sub}.`),
  })
  return { jwt, appRouter }
}

export type SessionServerRouter = ReturnType<typeof createApp>['appRouter']

const settings = JSON.parse(String(process.argv[2])) as SessionServerSettings
const { jwt, appRouter } = createApp(await openStore(settings), settings.grace)
const server = createHTTPServer({
  router: appRouter,
  createContext: jwt.createContext,
  responseMeta: jwt.responseMeta,
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())
