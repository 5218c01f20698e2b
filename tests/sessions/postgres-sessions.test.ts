import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

import { Pool } from 'pg'
import type { SessionStore } from 'trpc-jwt-trivial'
import { postgresSessions, type PostgresPool } from 'trpc-jwt-trivial/postgres'
import { sessionStoreContract } from 'trpc-jwt-trivial/testing'
import { describe, expect, test } from 'vitest'

import { dropTables, openPglite, randomTable, reachPostgres } from '../support/postgres.ts'

const server = reachPostgres()
const pool: PostgresPool = server ?? (await openPglite())

const begin = async (store: SessionStore, seconds = 60, sub: string = randomUUID()) => {
  const sid = randomUUID()
  await store.start({ sid, sub, expiresAt: new Date(Date.now() + seconds * 1_000) })
  return sid
}

const tables: string[] = []
dropTables(pool, tables)
const ownTable = (): string => {
  const table = randomTable()
  tables.push(table)
  return table
}

const nowhere: PostgresPool = { query: () => Promise.reject(new Error('No query was expected')) }

describe('createTable', { timeout: 20_000 }, () => {
  test('makes the table once, and keeps what is in it when called again', async () => {
    const store = postgresSessions(pool, { table: ownTable() })
    await store.createTable()
    const sid = await begin(store)
    await store.createTable()
    expect(await store.isLive(sid)).toBe(true)
  })

  test('makes it with an index for each question that is not about one session', async () => {
    const table = ownTable()
    await postgresSessions(pool, { table }).createTable()
    const { rows } = await pool.query('select indexname as name from pg_indexes where tablename = $1 order by 1', [
      table,
    ])
    expect(rows).toEqual([{ name: `${table}_expires_at` }, { name: `${table}_pkey` }, { name: `${table}_sub` }])
  })

  test('may be called by many processes at once', async () => {
    for (let round = 0; round < 3; round += 1) {
      const store = postgresSessions(pool, { table: ownTable() })
      await Promise.all(Array.from({ length: 20 }, () => store.createTable()))
      expect(await store.isLive(await begin(store))).toBe(true)
    }
  })

  test('makes it in the schema that was named', async () => {
    const table = ownTable()
    const store = postgresSessions(pool, { table: `public.${table}` })
    await store.createTable()
    expect(await postgresSessions(pool, { table }).isLive(await begin(store))).toBe(true)
  })
})

test.each(['', 'a b', 'a;drop table b', '"a"', 'a.b.c', '.a', 'a.', '1a', 'a-b', 'ä', "a'", 'a\n', 'a(b)'])(
  'refuses %j as the name of a table',
  (table) => {
    expect(() => postgresSessions(nowhere, { table })).toThrow(
      new TypeError('postgresSessions: `table` must be a plain name, or a schema and a name: my_schema.jwt_sessions'),
    )
  },
)

test.each([undefined, null, {}, 'postgres://'])('refuses %j as a pool', (none) => {
  expect(() => postgresSessions(none as never)).toThrow(
    new TypeError('postgresSessions: the first argument must be a `pg` pool, or PGlite'),
  )
})

test('uses jwt_sessions unless told otherwise', async () => {
  const queries: string[] = []
  const store = postgresSessions({
    query: async (text) => {
      queries.push(text)
      return { rows: [] }
    },
  })
  expect([await store.isLive('one'), await store.rotate('one', 0, 10).catch(String)]).toEqual([false, 'ended'])
  expect(queries.filter((text) => !/\bjwt_sessions\b/.test(text))).toEqual(['select clock_timestamp()::text as now'])
})

test('sweep deletes the sessions that have ended, and returns their number', { timeout: 10_000 }, async () => {
  const table = ownTable()
  const store = postgresSessions(pool, { table })
  await store.createTable()
  for (let i = 0; i < 5; i += 1) await begin(store, 1)
  const live = await begin(store)
  expect(await store.sweep()).toBe(0)
  await sleep(1_100)
  expect(await store.sweep()).toBe(5)
  expect(await store.sweep()).toBe(0)
  expect((await pool.query(`select sid from ${table}`)).rows).toEqual([{ sid: live }])
})

test('stores only the subject, the end, the generation and its time', async () => {
  const table = ownTable()
  const store = postgresSessions(pool, { table })
  await store.createTable()
  const sid = await begin(store, 60, 'ann')
  await store.rotate(sid, 0, 10)
  const date: unknown = expect.any(Date)
  const row = { sid, sub: 'ann', expires_at: date, generation: 1, rotated_at: date }
  expect((await pool.query(`select * from ${table}`)).rows).toEqual([row])
})

test.each(['40001', '40P01', '23505', '42710'])('tries again after the error %s, which a race causes', async (code) => {
  let tries = 0
  const store = postgresSessions({
    query: () => {
      tries += 1
      return tries < 3 ? Promise.reject(Object.assign(new Error('lost the race'), { code })) : pool.query('select 1')
    },
  })
  expect(await store.isLive('one')).toBe(true)
  expect(tries).toBe(3)
})

test('gives up on an error that another try would not mend, at the first', async () => {
  let tries = 0
  const store = postgresSessions({
    query: () => {
      tries += 1
      return Promise.reject(Object.assign(new Error('permission denied'), { code: '42501' }))
    },
  })
  await expect(store.isLive('one')).rejects.toThrow('permission denied')
  expect(tries).toBe(1)
})

describe.runIf(server)('on a server', { timeout: 20_000, concurrent: true }, () => {
  test.each(['repeatable read', 'serializable'])('keeps the contract where %s is the default', async (level) => {
    const options = `-c default_transaction_isolation=${level.replace(' ', '\\ ')}`
    const strict = new Pool({ ...server?.options, max: 15, options })
    strict.on('error', () => {})
    const table = ownTable()
    const store = postgresSessions(strict, { table })
    await store.createTable()
    expect((await strict.query('show transaction_isolation')).rows).toEqual([{ transaction_isolation: level }])
    for (const { run } of sessionStoreContract) await run(store)
    await strict.end()
  })

  test('a rotate that waits for a lock until it was given up has no effect', async () => {
    const table = ownTable()
    const store = postgresSessions(pool, { table })
    await store.createTable()
    const sessions = await Promise.all([0, 10].map(async (grace) => ({ grace, sid: await begin(store) })))
    const rotations = () => sessions.map(({ sid, grace }) => store.rotate(sid, 0, grace))

    const other = await server?.connect()
    await other?.query(`begin; select 1 from ${table} for update`)
    const tried = Promise.allSettled(rotations())
    await sleep(3_000)
    await other?.query('commit')
    other?.release()

    const late = { status: 'rejected', reason: new Error('PostgreSQL ran the rotation too late') }
    expect(await tried).toEqual([late, late])
    const { rows } = await pool.query(`select generation, rotated_at from ${table}`)
    expect(rows).toEqual([0, 0].map((generation) => ({ generation, rotated_at: null })))
    await sleep(500)
    expect(await Promise.all(rotations())).toEqual([{ generation: 1 }, { generation: 1 }])
  })

  test('a rotate that waits for a connection until it was given up has no effect', async () => {
    const table = ownTable()
    const narrow = new Pool({ ...server?.options, max: 1 })
    narrow.on('error', () => {})
    const store = postgresSessions(narrow, { table })
    await store.createTable()
    const sid = await begin(store)

    const only = await narrow.connect()
    const tried = store.rotate(sid, 0, 0).catch(String)
    await sleep(2_500)
    only.release()

    expect(await tried).toBe('Error: PostgreSQL did not answer in time')
    expect(await store.rotate(sid, 0, 0)).toEqual({ generation: 1 })
    await narrow.end()
  })
})
