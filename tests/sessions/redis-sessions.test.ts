import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

import type { SessionStore } from 'trpc-jwt-trivial'
import { redisSessions, type NodeRedisClient } from 'trpc-jwt-trivial/redis'
import { describe, expect, test } from 'vitest'

import { openRedis, randomPrefix, reachRedis, removeKeys, startRedis } from '../support/redis.ts'

const url = await reachRedis()
const own = await startRedis()

const begin = async (store: SessionStore, seconds = 60, sub: string = randomUUID()) => {
  const sid = randomUUID()
  await store.start({ sid, sub, expiresAt: new Date(Date.now() + seconds * 1_000) })
  return { sid, sub }
}

test.each([undefined, null, {}, 'redis://'])('refuses %j as a client', (client) => {
  expect(() => redisSessions(client as never)).toThrow(
    new TypeError('redisSessions: the first argument must be a client of `redis` or `ioredis`'),
  )
})

describe.runIf(url !== undefined)('redisSessions', { timeout: 20_000 }, async () => {
  const client = await openRedis(String(url))
  const create = () => {
    const prefix = randomPrefix()
    removeKeysOf.push(prefix)
    return { prefix, store: redisSessions(client, { prefix }), keys: () => client.keys(`${prefix}*`) }
  }
  const removeKeysOf: string[] = []
  removeKeys(client, removeKeysOf)

  test('leaves no key behind once its sessions have ended', async () => {
    const { store, keys } = create()
    const { sub } = await begin(store, 1)
    await begin(store, 1, sub)
    expect(await keys()).toHaveLength(3)
    await sleep(1_200)
    expect(await keys()).toEqual([])
  })

  test('keeps only live sessions in the index of a subject', async () => {
    const { prefix, store } = create()
    const { sub } = await begin(store, 1, `${randomUUID()} {ü}`)
    const long = await begin(store, 60, sub)
    const ended = await begin(store, 60, sub)
    await store.end(ended.sid)
    await sleep(2_000)
    const last = await begin(store, 30, sub)
    expect(await client.zRange(`${prefix}sub:${sub}`, 0, -1)).toEqual([last.sid, long.sid])
    expect(await client.pTTL(`${prefix}sub:${sub}`)).toBeGreaterThan(50_000)
    await store.endAll(sub)
    expect(await client.exists(`${prefix}sub:${sub}`)).toBe(0)
  })

  test('stays empty if unknown sessions are looked up or ended', async () => {
    const { store, keys } = create()
    for (let i = 0; i < 1_000; i += 1) {
      await Promise.all([store.end(`${i}`), store.endAll(`${i}`), store.isLive(`${i}`), store.rotate(`${i}`, 0, 10)])
    }
    expect(await keys()).toEqual([])
  })

  test('keeps the end of a session that is rotated', async () => {
    const { prefix, store } = create()
    const { sid } = await begin(store, 30)
    const end = await client.pExpireTime(`${prefix}sid:${sid}`)
    await store.rotate(sid, 0, 0)
    expect(await client.pExpireTime(`${prefix}sid:${sid}`)).toBe(end)
  })

  test('stores only the subject, the generation and its time', async () => {
    const { prefix, store } = create()
    const { sid, sub } = await begin(store)
    await store.rotate(sid, 0, 10)
    expect(await client.hGetAll(`${prefix}sid:${sid}`)).toEqual({
      sub,
      generation: '1',
      rotatedAt: expect.stringMatching(/^\d{13}$/),
    })
  })

  test('shares a server with others by its prefix', async () => {
    const [one, other] = [create(), create()]
    const { sid, sub } = await begin(one.store)
    expect(await other.store.isLive(sid)).toBe(false)
    expect(await other.store.rotate(sid, 0, 10)).toBe('ended')
    await other.store.end(sid)
    await other.store.endAll(sub)
    expect(await one.store.isLive(sid)).toBe(true)
  })

  test('begins its keys with jwt: unless told otherwise', async () => {
    const keys: string[] = []
    const evaluate: NodeRedisClient['eval'] = async (_script, options) => keys.push(...options.keys)
    const store = redisSessions({ eval: evaluate })
    await store.start({ sid: 'one', sub: 'ann', expiresAt: new Date() })
    expect(keys).toEqual(['jwt:sid:one', 'jwt:sub:ann'])
  })
})

test('rejects what Redis answers that no script of ours does', async () => {
  const store = redisSessions({ eval: async () => undefined })
  await expect(store.rotate('one', 0, 10)).rejects.toThrow('Redis ran the rotation too late')
  expect(await store.isLive('one')).toBe(false)
})

describe.runIf(own)('a rotate that Redis comes to only when it was given up', { timeout: 20_000 }, () => {
  test('has no effect where Redis was silent from the start', async () => {
    const client = await openRedis(String(own?.url))
    const { tried, generations, retry } = await signIn(client, client)
    own?.pause()
    const rotations = tried()
    await sleep(3_000)
    own?.resume()
    expect(await rotations).toEqual(GRACES.map(() => rejected('Redis did not answer in time')))
    expect(await generations()).toEqual(['0', '0'])
    await sleep(500)
    expect(await retry()).toEqual([{ generation: 1 }, { generation: 1 }])
  })

  test('has no effect where Redis fell silent just before it', async () => {
    const client = await openRedis(String(own?.url))
    let calls = Number.NEGATIVE_INFINITY
    const evaluate: NodeRedisClient['eval'] = (script, options) => {
      calls += 1
      if (calls === GRACES.length + 1) own?.pause()
      return client.eval(script, options)
    }
    const { tried, generations, retry } = await signIn(client, { eval: evaluate })
    calls = 0
    const rotations = tried()
    await sleep(3_000)
    own?.resume()
    expect(await rotations).toEqual(GRACES.map(() => rejected('Redis ran the rotation too late')))
    expect(await generations()).toEqual(['0', '0'])
    await sleep(500)
    expect(await retry()).toEqual([{ generation: 1 }, { generation: 1 }])
  })
})

const GRACES = [0, 10]

const rejected = (message: string) => ({ status: 'rejected', reason: new Error(message) })

/** A session per grace: its first rotation, what Redis keeps of it, and an honest second try. */
async function signIn(client: Awaited<ReturnType<typeof openRedis>>, used: NodeRedisClient) {
  const store = redisSessions(used)
  const sessions = await Promise.all(GRACES.map(async (grace) => ({ grace, sid: (await begin(store)).sid })))
  const rotations = () => sessions.map(({ sid, grace }) => store.rotate(sid, 0, grace))
  return {
    tried: () => Promise.allSettled(rotations()),
    retry: () => Promise.all(rotations()),
    generations: () => Promise.all(sessions.map(({ sid }) => client.hGet(`jwt:sid:${sid}`, 'generation'))),
  }
}
