import { setTimeout as sleep } from 'node:timers/promises'

import { Redis } from 'ioredis'
import { decodeJwt } from 'jose'
import { Pool } from 'pg'
import { createClient } from 'redis'
import type { Outcome, SessionStore } from 'trpc-jwt-trivial'
import { postgresSessions } from 'trpc-jwt-trivial/postgres'
import { redisSessions } from 'trpc-jwt-trivial/redis'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'

import { dropTables, randomTable, reachPostgres } from '../support/postgres.ts'
import { startProxy } from '../support/proxy.ts'
import { openRedis, randomPrefix, reachRedis, removeKeys } from '../support/redis.ts'
import { INVALID, NOT_AUTHORISED, serveSessionApi, told, UNAVAILABLE } from '../support/session-api.ts'

const redisUrl = await reachRedis()
const pool = reachPostgres()
const [prefix, table] = [randomPrefix(), randomTable()]
if (redisUrl !== undefined) removeKeys(await openRedis(redisUrl), [prefix])
if (pool) {
  dropTables(pool, [table])
  await postgresSessions(pool, { table }).createTable()
}

/** A piece of the rotation that each store sends. */
const ROTATION = { redis: 'rotatedAt', postgres: 'rotated_at' }

/** Opens a store through a proxy. */
const STORES = {
  redis: async (url: string) => {
    const client = createClient({ url }).on('error', () => {})
    await client.connect()
    onTestFinished(() => client.destroy())
    return redisSessions(client, { prefix })
  },
  ioredis: async (url: string, options: object = {}) => {
    const client = new Redis(url, options).on('error', () => {})
    onTestFinished(() => client.disconnect())
    return redisSessions(client, { prefix })
  },
  strictIoredis: (url: string) => STORES.ioredis(url, { autoResendUnfulfilledCommands: false }),
  pg: async (url: string) => {
    const ownPool = new Pool({ connectionString: url }).on('error', () => {})
    afterAll(() => ownPool.end())
    return postgresSessions(ownPool, { table })
  },
}

const generationOf = (pair: { refreshToken: string }) => decodeJwt(pair.refreshToken)['generation']
const failuresIn = (outcomes: Outcome[]) =>
  outcomes.flatMap((outcome) => (outcome.type === 'rejected' ? [[outcome.reason, outcome.error instanceof Error]] : []))

/** Serves an API over a store behind a proxy. */
async function serveBehind(address: string, open: (url: string) => Promise<SessionStore>, grace = 10) {
  const proxy = await startProxy(address)
  const api = await serveSessionApi({ store: await open(proxy.url), grace })
  return { ...api, proxy }
}

/** Loses the answer of a rotation that ran, and repeats the renewal. Gives the tokens of the repeat. */
async function renewOverBreak(api: Awaited<ReturnType<typeof serveBehind>>, rotation: string) {
  const { proxy, signIn, refresh, visit, outcomes } = api
  const first = await signIn()
  proxy.loseAnswerTo(rotation)

  expect(await told(refresh(first.refreshToken))).toBe(UNAVAILABLE)
  expect(proxy.lost).toBe(1)
  expect(failuresIn(outcomes)).toEqual([['unavailable', true]])
  const repeated = await refresh(first.refreshToken)
  expect([await visit(first.token), await visit(repeated.token)]).toEqual(['ann is a reader', 'ann is a reader'])
  return { first, repeated }
}

/** Goes on after that until the first refresh token is reuse. Gives the generations of the repeat and of the next renewal. */
async function goOn(grace: number, { refresh, visit }: Awaited<ReturnType<typeof serveBehind>>, pairs: Pairs) {
  const { first, repeated } = pairs
  await sleep(grace * 1_000 + 100)
  const later = await refresh(repeated.refreshToken)
  const numbers = [repeated, later].map(generationOf)
  expect(await told(refresh(first.refreshToken))).toBe(NOT_AUTHORISED)
  expect(await visit(later.token)).toBe(INVALID)
  return numbers
}

type Pairs = Awaited<ReturnType<typeof renewOverBreak>>

describe('a rotation that ran, and whose connection broke before the answer, is unavailable; its repeat is no reuse', () => {
  test.runIf(redisUrl)('with redis', async () => {
    const api = await serveBehind(String(redisUrl), STORES.redis, 2)
    const generations = await goOn(2, api, await renewOverBreak(api, ROTATION.redis))

    expect(generations).toEqual([1, 2]) // the repeat got that of the rotation whose answer was lost, and no further one
  })

  test.runIf(redisUrl)('with ioredis that does not send again', async () => {
    const api = await serveBehind(String(redisUrl), STORES.strictIoredis)
    const { repeated } = await renewOverBreak(api, ROTATION.redis)

    expect(generationOf(repeated)).toBe(1)
  })

  test.runIf(pool)('with pg', async () => {
    const api = await serveBehind(String(process.env['DATABASE_URL']), STORES.pg, 2)
    const generations = await goOn(2, api, await renewOverBreak(api, ROTATION.postgres))

    expect(generations).toEqual([1, 2])
  })
})

describe.runIf(redisUrl)('ioredis as it comes, which sends the rotation again once it has connected', () => {
  test('answers the renewal with the generation of the rotation that ran', async () => {
    const { proxy, signIn, refresh, visit } = await serveBehind(String(redisUrl), STORES.ioredis)
    const first = await signIn()
    proxy.loseAnswerTo(ROTATION.redis)
    const second = await refresh(first.refreshToken)

    expect([proxy.lost, generationOf(second)]).toEqual([1, 1])
    expect(await visit(second.token)).toBe('ann is a reader')
  })

  test('is reuse where there is no grace', async () => {
    const { proxy, signIn, refresh, visit } = await serveBehind(String(redisUrl), STORES.ioredis, 0)
    const first = await signIn()
    proxy.loseAnswerTo(ROTATION.redis)

    expect(await told(refresh(first.refreshToken))).toBe(NOT_AUTHORISED)
    expect(await visit(first.token)).toBe(INVALID)
  })
})

test.runIf(redisUrl)('without a grace the repeat is reuse, and ends the session', async () => {
  const { proxy, signIn, refresh, visit } = await serveBehind(String(redisUrl), STORES.redis, 0)
  const first = await signIn()
  proxy.loseAnswerTo(ROTATION.redis)

  expect(await told(refresh(first.refreshToken))).toBe(UNAVAILABLE)
  expect(await told(refresh(first.refreshToken))).toBe(NOT_AUTHORISED)
  expect(await visit(first.token)).toBe(INVALID)
})
