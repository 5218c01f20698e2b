import { type SessionStore, STORE_TIMEOUT_MS } from './session-store.ts'

/** What is needed of a client of the `redis` package: a client, a pool, a cluster or a sentinel. */
export interface NodeRedisClient {
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
}

/** What is needed of a client of the `ioredis` package: a `Redis` or a `Cluster`. */
export interface IoRedisClient {
  eval(script: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>
  defineCommand: unknown
}

/** Options of `redisSessions`. */
export interface RedisSessionsOptions {
  /** Begins every key (`'jwt:'`). */
  prefix?: string
}

const START = `
redis.call('HSET', KEYS[1], 'sub', ARGV[1], 'generation', 0)
redis.call('PEXPIREAT', KEYS[1], ARGV[2])
return 1`

/** Forgets the subject's sessions that are over; the index lives as long as its last session. */
const INDEX = `
local now = redis.call('TIME')
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now[1] .. '000')
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
redis.call('PEXPIREAT', KEYS[1], last[2])
return 1`

const IS_LIVE = `return redis.call('EXISTS', KEYS[1])`

const TIME = `
local now = redis.call('TIME')
return tostring(now[1] * 1000 + math.floor(now[2] / 1000))`

/** Answers a generation, -1 for reused, -2 for ended, -3 for too late. */
const ROTATE = `
local session = redis.call('HMGET', KEYS[1], 'generation', 'rotatedAt')
local current = tonumber(session[1])
if not current then return -2 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now > tonumber(ARGV[3]) then return -3 end
local age = current - tonumber(ARGV[1])
local inGrace = session[2] and now < tonumber(session[2]) + tonumber(ARGV[2]) * 1000
if inGrace and (age == 0 or age == 1) then return current end
if age ~= 0 then
  redis.call('DEL', KEYS[1])
  return -1
end
redis.call('HSET', KEYS[1], 'generation', current + 1, 'rotatedAt', now)
return current + 1`

const END = `
local sub = redis.call('HGET', KEYS[1], 'sub')
redis.call('DEL', KEYS[1])
return sub`

const MEMBERS = `return redis.call('ZRANGE', KEYS[1], 0, -1)`
const UNINDEX = `return redis.call('ZREM', KEYS[1], ARGV[1])`

/**
 * Keeps sessions in Redis 6.2 or later, for any number of processes. Takes a client of `redis` or `ioredis` as it is, pools
 * and clusters too: every script touches one key. Keys expire by themselves.
 *
 * Give your client an `error` listener: without one a lost connection ends the process.
 *
 * @throws {TypeError} where `client` is none
 */
export function redisSessions(
  client: NodeRedisClient | IoRedisClient,
  { prefix = 'jwt:' }: RedisSessionsOptions = {},
): SessionStore {
  if (typeof (client as NodeRedisClient | undefined)?.eval !== 'function')
    throw new TypeError('redisSessions: the first argument must be a client of `redis` or `ioredis`')

  const run = (script: string, key: string, ...args: string[]): Promise<unknown> =>
    'defineCommand' in client
      ? client.eval(script, 1, key, ...args)
      : client.eval(script, { keys: [key], arguments: args })

  const sessionKey = (sid: string) => `${prefix}sid:${sid}`
  const indexKey = (sub: string) => `${prefix}sub:${sub}`

  async function end(sid: string): Promise<void> {
    const sub = await run(END, sessionKey(sid))
    if (typeof sub === 'string') await run(UNINDEX, indexKey(sub), sid)
  }

  return {
    async start({ sid, sub, expiresAt }) {
      const endsAt = String(expiresAt.getTime())
      await run(START, sessionKey(sid), sub, endsAt)
      await run(INDEX, indexKey(sub), sid, endsAt)
    },
    async isLive(sid) {
      return Number(await run(IS_LIVE, sessionKey(sid))) === 1
    },
    async rotate(sid, generation, graceSeconds) {
      const givenUpAt = Date.now() + STORE_TIMEOUT_MS
      const time = Number(await run(TIME, sessionKey(sid)))
      const left = givenUpAt - Date.now()
      if (left <= 0) throw new Error('Redis was silent for too long')
      const answer = Number(
        await run(ROTATE, sessionKey(sid), String(generation), String(graceSeconds), String(time + left)),
      )
      if (answer === -1) return 'reused'
      if (answer === -2) return 'ended'
      if (!(answer >= 0)) throw new Error('Redis came to it too late')
      return { generation: answer }
    },
    end,
    async endAll(sub, except) {
      const sids = (await run(MEMBERS, indexKey(sub))) as unknown[]
      await Promise.all(
        sids
          .map(String)
          .filter((sid) => sid !== except)
          .map(end),
      )
    },
  }
}
