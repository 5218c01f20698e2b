import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'

import { Pool } from 'pg'
import type { PostgresPool } from 'trpc-jwt-trivial/postgres'
import { afterAll } from 'vitest'

import { cannotTest } from './own-process.ts'

/** Names no table but a test's own. */
export const randomTable = (): string => `test_${randomBytes(8).toString('hex')}`

/** A pool on the PostgreSQL server of `DATABASE_URL`, until the tests of the file have ended. */
export function reachPostgres(): Pool | undefined {
  const url = process.env['DATABASE_URL']
  if (url === undefined) return cannotTest('DATABASE_URL names no PostgreSQL server')
  const pool = new Pool({ connectionString: url })
  pool.on('error', () => {})
  afterAll(() => pool.end())
  return pool
}

/** PostgreSQL in this process. Its declarations do not pass `skipLibCheck: false`: hence without them. */
export async function openPglite(): Promise<PostgresPool> {
  const require = createRequire(import.meta.url)
  const { PGlite } = (await import(require.resolve('@electric-sql/pglite'))) as {
    PGlite: new () => PostgresPool & { close(): Promise<void> }
  }
  const pglite = new PGlite()
  afterAll(() => pglite.close())
  return pglite
}

/** Drops a test's own tables when the tests of the file have ended. */
export function dropTables(pool: PostgresPool, tables: readonly string[]): void {
  afterAll(async () => {
    for (const table of tables) await pool.query(`drop table if exists ${table}`)
  })
}
