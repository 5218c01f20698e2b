import { type SessionStore, STORE_TIMEOUT_MS } from './session-store.ts'

/** The method of the `redis` package's clients that is used: a client, a pool, a cluster or a sentinel has it. */
export interface NodeRedisClient {
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
}

/** The members of the `ioredis` package's clients that are used: a `Redis` or a `Cluster` has them. */
export interface IoRedisClient {
  eval(script: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>
  defineCommand: unknown
}

/** Options of `redisSessions`. */
export interface RedisSessionsOptions {
  /** The beginning of every key (`'jwt:'`). */
  prefix?: string
}

// Every script touches one key, so that a cluster can run it.

const START = `
redis.call('HSET', KEYS[1], 'sub', ARGV[1], 'generation', 0)
redis.call('PEXPIREAT', KEYS[1], ARGV[2])
return 1`

/** Adds a session to its subject's index, and removes those that are over. The index expires with its last session. */
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

/** Returns a generation, -1 for reused, -2 for ended, -3 for too late. */
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
 * Keeps sessions in Redis 6.2 or later, for any number of processes. Accepts a client of `redis` or `ioredis`, also a pool
 * or a cluster. Keys expire by themselves.
 *
 * Add an `error` listener to your client: without one, a lost connection ends the process.
 *
 * @throws {TypeError} if `client` is not a client of one of these packages
 *
 * @example
 * ```ts
 * const client = createClient({ url: process.env.REDIS_URL }).on('error', console.error)
 * await client.connect()
 * createJwtTrivial({ passphrase, authorise, sessions: { store: redisSessions(client), reauthorise } })
 * ```
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
      const expiresAtMs = String(expiresAt.getTime())
      await run(START, sessionKey(sid), sub, expiresAtMs)
      await run(INDEX, indexKey(sub), sid, expiresAtMs)
    },
    async isLive(sid) {
      return Number(await run(IS_LIVE, sessionKey(sid))) === 1
    },
    async rotate(sid, generation, graceSeconds) {
      const deadlineMs = Date.now() + STORE_TIMEOUT_MS
      const storeNowMs = Number(await run(TIME, sessionKey(sid)))
      const leftMs = deadlineMs - Date.now()
      if (leftMs <= 0) throw new Error('Redis did not answer in time')
      const answer = Number(
        await run(ROTATE, sessionKey(sid), String(generation), String(graceSeconds), String(storeNowMs + leftMs)),
      )
      if (answer === -1) return 'reused'
      if (answer === -2) return 'ended'
      if (!(answer >= 0)) throw new Error('Redis ran the rotation too late')
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
