import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { afterAll, describe, expect, test } from 'vitest'

import { root } from '../support/pack.ts'
import { randomTable, reachPostgres } from '../support/postgres.ts'
import { startRedis } from '../support/redis.ts'

const redis = await startRedis('--appendonly', 'no')
const pool = reachPostgres()

/** Runs the whole tour with the store that the variables name. It fails if a step has another result than expected. */
async function tour(variables: Record<string, string>): Promise<void> {
  const { REDIS_URL: _redis, DATABASE_URL: _database, JWT_PASSPHRASE: _passphrase, ...env } = process.env
  const options = { cwd: root, env: { ...env, NODE_NO_WARNINGS: '1', ...variables }, timeout: 60_000 }
  const { stderr } = await promisify(execFile)('node', ['--import', 'tsx', 'playground/tour.ts'], options)
  expect(stderr).toBe('')
}

describe('npm run playground', { timeout: 90_000 }, async () => {
  test.runIf(redis)('keeps its sessions in the Redis that REDIS_URL names', async () => {
    const { url = '' } = redis ?? {}
    await tour({ REDIS_URL: url })
    const { stdout } = await promisify(execFile)('redis-cli', ['-u', url, '--raw', 'keys', '*'])

    expect(stdout).toMatch(/^notes:sid:/m)
  })

  describe.runIf(pool)('in PostgreSQL', () => {
    const schema = randomTable()
    afterAll(() => pool?.query(`drop schema if exists ${schema} cascade`))

    test('keeps its sessions in the database that DATABASE_URL names', async () => {
      await pool?.query(`create schema ${schema}`)
      const url = new URL(String(process.env['DATABASE_URL']))
      url.searchParams.set('options', `-c search_path=${schema}`)
      await tour({ DATABASE_URL: url.href })
      const kept = await pool?.query(`select count(*)::int as sessions from ${schema}.notes_sessions`)

      expect(kept?.rows[0]).toEqual({ sessions: expect.toSatisfy((n: number) => n > 0) as number })
    })
  })
})
