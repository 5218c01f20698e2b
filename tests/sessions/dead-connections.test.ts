import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { Redis } from 'ioredis'
import { createJwtTrivial, type JwtTrivial, type UntypedClaims } from 'trpc-jwt-trivial'
import { redisSessions } from 'trpc-jwt-trivial/redis'
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'

import { PASSPHRASE } from '../support/mint.ts'
import { root } from '../support/pack.ts'
import { dropTables, randomTable, reachPostgres } from '../support/postgres.ts'
import { startProxy } from '../support/proxy.ts'
import { openRedis, randomPrefix, reachRedis, removeKeys } from '../support/redis.ts'
import { snippetsOf } from '../support/snippets.ts'

type Jwt = Pick<JwtTrivial<UntypedClaims, UntypedClaims, void, true>, 'tokenRouter' | 'createContext' | 'verify'>

const redisUrl = await reachRedis()
const pool = reachPostgres()
const [prefix, table] = [randomPrefix(), randomTable()]
if (redisUrl !== undefined) removeKeys(await openRedis(redisUrl), [prefix])
if (pool) dropTables(pool, [table])

const folder = mkdtempSync(join(root, '.snippets-'))
afterAll(() => rmSync(folder, { recursive: true }))
for (const { name, code } of snippetsOf(join(root, 'docs/several-machines.md'))) {
  const ours = code
    .replace("'my-app:'", `'${prefix}'`)
    .replace('Sessions(pool)', `Sessions(pool, { table: '${table}' })`)
  writeFileSync(join(folder, name), ours)
}

/** What a session's owner hears before its store's connections die, then, and when they have been replaced. */
async function answersAround(jwt: Jwt, goDead: () => void): Promise<string[][]> {
  const { token } = await jwt.tokenRouter.createCaller(jwt.createContext()).create()
  const ask = (): Promise<string> =>
    jwt.verify(token).then(
      ({ sub }) => String(sub),
      (error: Error) => error.message,
    )
  const askAtOnce = async () => [...new Set(await Promise.all(Array.from({ length: 20 }, ask)))]
  const before = await askAtOnce()
  goDead()
  const started = Date.now()
  const dead = await askAtOnce()
  expect(Date.now() - started).toBeLessThan(3_500)
  await expect.poll(ask, { timeout: 15_000, interval: 200 }).toBe('ann')
  return [before, dead, await askAtOnce()]
}

const REPLACED = [['ann'], ['Service unavailable'], ['ann']]
const load = async (name: string) => ((await import(join(folder, name))) as { jwt: Jwt }).jwt

describe('connections that are dead and do not say so are replaced', { timeout: 40_000 }, () => {
  vi.stubEnv('JWT_PASSPHRASE', PASSPHRASE)
  vi.spyOn(console, 'error').mockImplementation(() => {}) // what the guide's listeners do

  test.runIf(redisUrl)('of redis, as the guide has it', async () => {
    const { url, goDead } = await startProxy(String(redisUrl))
    vi.stubEnv('REDIS_URL', url)
    expect(await answersAround(await load('on-redis.ts'), goDead)).toEqual(REPLACED)
  })

  test.runIf(pool)('of pg, all ten of a pool, as the guide has it', async () => {
    const { url, goDead } = await startProxy(String(process.env['DATABASE_URL']))
    vi.stubEnv('DATABASE_URL', url)
    expect(await answersAround(await load('on-postgres.ts'), goDead)).toEqual(REPLACED)
  })

  test.runIf(redisUrl)('of ioredis, with a `socketTimeout`', async () => {
    const { url, goDead } = await startProxy(String(redisUrl))
    const client = new Redis(url, { socketTimeout: 2_000 })
    client.on('error', () => {})
    onTestFinished(() => client.disconnect())
    const sessions = { store: redisSessions(client, { prefix }), reauthorise: () => true }
    const jwt = createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => ({ sub: 'ann' }), sessions })
    expect(await answersAround(jwt, goDead)).toEqual(REPLACED)
  })
})
