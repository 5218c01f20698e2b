import { Redis } from 'ioredis'
import { Pool } from 'pg'
import { createClient, createClientPool } from 'redis'
import {
  createJwtVerifier,
  memorySessions,
  type MemorySessions,
  type MemorySessionsOptions,
  type NewSession,
  type Rotation,
  type SessionStore,
} from 'trpc-jwt-trivial'
import {
  postgresSessions,
  type PostgresPool,
  type PostgresSessions,
  type PostgresSessionsOptions,
} from 'trpc-jwt-trivial/postgres'
import {
  redisSessions,
  type IoRedisClient,
  type NodeRedisClient,
  type RedisSessionsOptions,
} from 'trpc-jwt-trivial/redis'
import { sessionStoreContract, type SessionStoreCase } from 'trpc-jwt-trivial/testing'

/** Clients as they are; none of them connects before it is asked to. */
export const stores = {
  redis: () => redisSessions(createClient()),
  redisPool: () => redisSessions(createClientPool()),
  ioredis: () => redisSessions(new Redis({ lazyConnect: true }), { prefix: 'app:' } satisfies RedisSessionsOptions),
  pg: () => postgresSessions(new Pool(), { table: 'app.sessions' } satisfies PostgresSessionsOptions),
  memory: () => memorySessions({ clock: () => new Date() } satisfies MemorySessionsOptions),
}

export const createTable = async (pool: PostgresPool): Promise<PostgresSessions> => {
  const sessions = postgresSessions(pool)
  await sessions.createTable()
  return sessions
}

export const either = (client: NodeRedisClient | IoRedisClient): SessionStore => redisSessions(client)

/** A store of the app's own. */
export const ownStore: SessionStore = {
  start: async (session: NewSession) => void session.expiresAt,
  isLive: async () => true,
  rotate: async (): Promise<Rotation> => 'ended',
  end: async () => {},
  endAll: async () => {},
}

export const memory: MemorySessions = memorySessions()
export const demands: readonly SessionStoreCase[] = sessionStoreContract

export const asksRedis = () =>
  createJwtVerifier({ passphrase: process.env.JWT_PASSPHRASE, sessions: { store: stores.redis() } })
