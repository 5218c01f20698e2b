import { type SessionStore, STORE_TIMEOUT_MS } from './session-store.ts'

/** The method of a `pg` pool, or of PGlite, that is used. */
export interface PostgresPool {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
}

/** Options of `postgresSessions`. */
export interface PostgresSessionsOptions {
  /** The table's name, with or without a schema (`'jwt_sessions'`). */
  table?: string
}

/** A store in PostgreSQL. */
export interface PostgresSessions extends SessionStore {
  /** Creates the table and its indexes if they do not exist. */
  createTable(): Promise<void>
  /** Deletes the rows of sessions that are over, to free space. Returns how many rows it deleted. */
  sweep(): Promise<number>
}

/** Serialization failure, deadlock, and the two errors that PostgreSQL reports when processes create the table at once. */
const RETRYABLE_CODES: readonly unknown[] = ['40001', '40P01', '23505', '42710']
const MAX_ATTEMPTS = 5

/**
 * Keeps sessions in PostgreSQL, for any number of processes. Accepts a `pg` pool, or PGlite.
 *
 * Add an `error` listener to your pool: without one, a lost connection ends the process.
 *
 * @throws {TypeError} if `pool` is not a pool, or `table` is not a plain name
 *
 * @example
 * ```ts
 * const pool = new Pool({ connectionString: process.env.DATABASE_URL }).on('error', console.error)
 * const store = postgresSessions(pool)
 * await store.createTable()
 * createJwtTrivial({ passphrase, authorise, sessions: { store, reauthorise } })
 * ```
 */
export function postgresSessions(
  pool: PostgresPool,
  { table = 'jwt_sessions' }: PostgresSessionsOptions = {},
): PostgresSessions {
  if (typeof (pool as PostgresPool | undefined)?.query !== 'function')
    throw new TypeError('postgresSessions: the first argument must be a `pg` pool, or PGlite')
  if (!/^[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)?$/i.test(table)) {
    throw new TypeError(
      'postgresSessions: `table` must be a plain name, or a schema and a name: my_schema.jwt_sessions',
    )
  }
  const name = table.slice(table.indexOf('.') + 1)

  async function run(text: string, ...values: unknown[]): Promise<Record<string, unknown>[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return (await pool.query(text, values)).rows as Record<string, unknown>[]
      } catch (error) {
        if (attempt === MAX_ATTEMPTS || !RETRYABLE_CODES.includes((error as { code?: unknown }).code)) throw error
      }
    }
  }

  return {
    async createTable() {
      await run(`create table if not exists ${table} (
        sid text primary key,
        sub text not null,
        expires_at timestamptz not null,
        generation integer not null default 0,
        rotated_at timestamptz
      )`)
      await run(`create index if not exists ${name}_sub on ${table} (sub)`)
      await run(`create index if not exists ${name}_expires_at on ${table} (expires_at)`)
    },
    async sweep() {
      const rows = await run(`with gone as (delete from ${table} where expires_at <= clock_timestamp() returning 1)
        select count(*)::integer as count from gone`)
      return Number(rows[0]?.['count'])
    },
    async start({ sid, sub, expiresAt }) {
      await run(`insert into ${table} (sid, sub, expires_at) values ($1, $2, $3)`, sid, sub, expiresAt)
    },
    async isLive(sid) {
      const rows = await run(`select 1 from ${table} where sid = $1 and expires_at > clock_timestamp()`, sid)
      return rows.length === 1
    },
    async rotate(sid, generation, graceSeconds) {
      const deadlineMs = Date.now() + STORE_TIMEOUT_MS
      const [time] = await run('select clock_timestamp()::text as now')
      const leftMs = deadlineMs - Date.now()
      if (leftMs <= 0) throw new Error('PostgreSQL did not answer in time')
      const [row] = await run(rotateStatement(table), sid, generation, graceSeconds, time?.['now'], leftMs)
      if (!row) return 'ended'
      if (row['verdict'] === 'late') throw new Error('PostgreSQL ran the rotation too late')
      return row['verdict'] === 'reused' ? 'reused' : { generation: Number(row['generation']) }
    },
    async end(sid) {
      await run(`delete from ${table} where sid = $1`, sid)
    },
    async endAll(sub, except) {
      await run(`delete from ${table} where sub = $1 and sid is distinct from $2`, sub, except ?? null)
    },
  }
}

/** One statement, which locks the row before it reads it: concurrent refreshes see each other's result. */
const rotateStatement = (table: string): string => `
with session as (
  select generation, rotated_at from ${table} where sid = $1 and expires_at > clock_timestamp() for update
), judged as (
  select generation, case
    when clock_timestamp() > $4::timestamptz + $5::integer * interval '1 millisecond' then 'late'
    when generation - $2::integer in (0, 1)
      and clock_timestamp() < rotated_at + $3::double precision * interval '1 second' then 'current'
    when generation = $2::integer then 'rotates'
    else 'reused'
  end as verdict from session
), rotated as (
  update ${table} set generation = judged.generation + 1, rotated_at = clock_timestamp()
  from judged where sid = $1 and verdict = 'rotates'
), ended as (
  delete from ${table} using judged where sid = $1 and verdict = 'reused'
)
select verdict, generation + (verdict = 'rotates')::integer as generation from judged`
