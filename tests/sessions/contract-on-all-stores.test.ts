import { Cluster, Redis } from 'ioredis'
import { createClientPool, createCluster } from 'redis'
import { memorySessions, type SessionStore } from 'trpc-jwt-trivial'
import { postgresSessions, type PostgresPool } from 'trpc-jwt-trivial/postgres'
import { redisSessions, type IoRedisClient, type NodeRedisClient } from 'trpc-jwt-trivial/redis'
import { sessionStoreContract } from 'trpc-jwt-trivial/testing'
import { afterAll, describe, expect, test } from 'vitest'

import { dropTables, openPglite, randomTable, reachPostgres } from '../support/postgres.ts'
import { openRedis, randomPrefix, reachRedis, removeKeys, startRedisCluster } from '../support/redis.ts'

const stores: [string, SessionStore][] = [['memory', memorySessions()]]
/** The keys that each script of a store named, script by script. */
const scripts: Record<string, string[][]> = {}

await Promise.all([
  addRedis(),
  addRedisCluster(),
  addPostgres(reachPostgres(), 'pg'),
  addPostgres(openPglite(), 'PGlite'),
])

describe.each(stores)('the store in %s', { timeout: 20_000, concurrent: true }, (_name, store) => {
  test.for(sessionStoreContract.map(({ name, run }) => [name, run] as const))('%s', async ([, run]) => {
    await expect(run(store)).resolves.toBeUndefined()
  })
})

describe.runIf(Object.keys(scripts).length > 0)('in Redis', () => {
  test.each(Object.keys(scripts))('every script through %s touched one key, of our prefix', (name) => {
    const named = scripts[name] ?? []
    expect(named.length).toBeGreaterThan(250)
    expect(named.filter((keys) => keys.length !== 1 || !/^test-\w+:(sid|sub):/.test(String(keys[0])))).toEqual([])
  })
})

async function addRedis(): Promise<void> {
  const url = await reachRedis()
  if (url === undefined) return
  const client = await openRedis(url)
  const pool = createClientPool({ url })
  pool.on('error', () => {})
  await pool.connect()
  afterAll(() => pool.destroy())
  const ioredis = new Redis(url)
  ioredis.on('error', () => {})
  afterAll(() => ioredis.disconnect())

  const clients = { 'Redis (node-redis)': client, 'Redis (node-redis pool)': pool, 'Redis (ioredis)': ioredis }
  for (const [name, each] of Object.entries(clients)) {
    const prefix = randomPrefix()
    removeKeys(client, [prefix])
    stores.push([name, redisSessions(recording(each, (scripts[name] = [])), { prefix })])
  }
}

async function addRedisCluster(): Promise<void> {
  const ports = await startRedisCluster()
  if (ports === undefined) return
  const cluster = createCluster({ rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })) })
  cluster.on('error', () => {})
  await cluster.connect()
  afterAll(() => cluster.destroy())
  const ioredis = new Cluster(ports.map((port) => ({ host: '127.0.0.1', port })))
  ioredis.on('error', () => {})
  afterAll(() => ioredis.disconnect())
  stores.push(
    ['a Redis cluster (node-redis)', redisSessions(cluster)],
    ['a Redis cluster (ioredis)', redisSessions(ioredis)],
  )
}

async function addPostgres(opening: Promise<PostgresPool> | PostgresPool | undefined, name: string): Promise<void> {
  const pool = await opening
  if (pool === undefined) return
  const table = randomTable()
  const store = postgresSessions(pool, { table })
  await store.createTable()
  dropTables(pool, [table])
  stores.push([`PostgreSQL (${name})`, store])
}

/** A client that keeps the keys of each script it is given. */
function recording(client: NodeRedisClient | IoRedisClient, seen: string[][]): NodeRedisClient | IoRedisClient {
  if ('defineCommand' in client) {
    const { defineCommand } = client
    const evaluate: IoRedisClient['eval'] = (script, count, ...rest) => {
      seen.push(rest.slice(0, count))
      return client.eval(script, count, ...rest)
    }
    return { defineCommand, eval: evaluate }
  }
  const evaluate: NodeRedisClient['eval'] = (script, options) => {
    seen.push(options.keys)
    return client.eval(script, options)
  }
  return { eval: evaluate }
}
