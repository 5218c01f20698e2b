import { memorySessions, type SessionStore } from 'trpc-jwt-trivial'
import { postgresSessions } from 'trpc-jwt-trivial/postgres'
import { redisSessions } from 'trpc-jwt-trivial/redis'

/** A store, and a function that closes its connection. */
export interface OpenStore {
  store: SessionStore
  close: () => Promise<unknown>
}

/** Opens a store in Redis or PostgreSQL if an environment variable names one, for any number of processes; else in memory. */
export async function openStore(): Promise<OpenStore> {
  const { REDIS_URL, DATABASE_URL } = process.env
  if (REDIS_URL !== undefined) return openRedis(REDIS_URL)
  if (DATABASE_URL !== undefined) return openPostgres(DATABASE_URL)
  return { store: memorySessions(), close: async () => {} }
}

async function openRedis(url: string): Promise<OpenStore> {
  const { createClient } = await import('redis')
  const client = createClient({ url })
  client.on('error', (error) => console.error(String(error))) // without a listener, a lost connection ends the process
  await client.connect()
  return { store: redisSessions(client, { prefix: 'notes:' }), close: () => client.close() }
}

async function openPostgres(connectionString: string): Promise<OpenStore> {
  const { Pool } = await import('pg')
  const pool = new Pool({ connectionString })
  pool.on('error', (error) => console.error(String(error)))
  const store = postgresSessions(pool, { table: 'notes_sessions' })
  await store.createTable()
  return { store, close: () => pool.end() }
}
