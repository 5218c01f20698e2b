import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { Pool } from 'pg'
import { createClient } from 'redis'
import { createJwtTrivial, memorySessions, type SessionStore } from 'trpc-jwt-trivial'
import { postgresSessions } from 'trpc-jwt-trivial/postgres'
import { redisSessions } from 'trpc-jwt-trivial/redis'

import { freePort } from '../support/own-process.ts'

/** How many sessions the stores hold while they are measured. */
const SESSIONS = 100_000
const CONCURRENT = 50
const CALLS = 10_000
const PASSPHRASE = 'a passphrase for benchmarks only, of forty bytes and more'

interface Measured {
  readonly name: string
  readonly store: SessionStore
  /** How many bytes the store takes now. */
  readonly bytes: () => Promise<number>
  readonly close: () => Promise<unknown>
}

const whole = (n: number): string => Math.round(n).toLocaleString('en')

const sid = (i: number): string => `session-${String(i).padStart(14, '0')}`

/** Calls something so many times, with so many calls on their way at once, and gives calls per second. */
async function rate(calls: number, call: (i: number) => Promise<unknown>): Promise<number> {
  let next = 0
  const worker = async () => {
    for (let i = next++; i < calls; i = next++) await call(i)
  }
  const start = performance.now()
  await Promise.all(Array.from({ length: CONCURRENT }, worker))
  return (1_000 * calls) / (performance.now() - start)
}

/** One refresh after another, as a client would send them: the median and the 99th percentile, in milliseconds. */
async function refreshLatency(store: SessionStore): Promise<[number, number]> {
  const jwt = createJwtTrivial({
    passphrase: PASSPHRASE,
    authorise: () => ({ sub: 'ann' }),
    sessions: { store, reauthorise: () => true, grace: 0 },
  })
  const caller = jwt.tokenRouter.createCaller(jwt.createContext())
  let { refreshToken } = await caller.create()
  const took: number[] = []
  for (let i = 0; i < 500; i++) {
    const start = performance.now()
    ;({ refreshToken } = await caller.refresh({ refreshToken }))
    took.push(performance.now() - start)
  }
  took.sort((a, b) => a - b)
  return [took[250] ?? NaN, took[495] ?? NaN]
}

async function measure({ name, store, bytes, close }: Measured): Promise<Record<string, string>> {
  const expiresAt = new Date(Date.now() + 3_600_000)
  const before = await bytes()
  const starts = await rate(SESSIONS, (i) => store.start({ sid: sid(i), sub: `user-${i}`, expiresAt }))
  const perSession = ((await bytes()) - before) / SESSIONS
  const questions = await rate(CALLS, (i) => store.isLive(sid((i * 7_919) % SESSIONS)))
  const rotations = await rate(CALLS, (i) => store.rotate(sid(i), 0, 10))
  const [median, tail] = await refreshLatency(store)
  await close()
  return {
    store: name,
    'bytes a session': whole(perSession),
    'start/s': whole(starts),
    'isLive/s': whole(questions),
    'rotate/s': whole(rotations),
    'refresh, median ms': median.toFixed(2),
    'refresh, p99 ms': tail.toFixed(2),
  }
}

function memory(): Measured {
  const collect = (globalThis as { gc?: () => void }).gc
  const bytes = async () => {
    collect?.()
    return process.memoryUsage().heapUsed
  }
  return { name: 'memory', store: memorySessions(), bytes, close: async () => {} }
}

/** A server of our own, so that its memory is all ours. */
async function redis(): Promise<Measured> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-redis-'))
  const port = await freePort()
  const server = spawn('redis-server', ['--port', String(port), '--save', '', '--dir', dir], { stdio: 'ignore' })
  const client = createClient({ url: `redis://127.0.0.1:${port}` })
  client.on('error', () => {})
  await client.connect()
  const bytes = async () => Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1])
  const close = async () => {
    client.destroy()
    server.kill()
    await once(server, 'exit')
    await rm(dir, { recursive: true })
  }
  return { name: 'Redis (node-redis)', store: redisSessions(client), bytes, close }
}

async function postgres(): Promise<Measured> {
  const connectionString = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/test'
  const pool = new Pool({ connectionString, max: CONCURRENT })
  pool.on('error', () => {})
  const table = `bench_sessions_${process.pid}`
  const store = postgresSessions(pool, { table })
  await store.createTable()
  const bytes = async () => {
    await sleep(100)
    const { rows } = await pool.query<{ size: string }>(`select pg_total_relation_size('${table}') as size`)
    return Number(rows[0]?.size)
  }
  const close = async () => {
    await pool.query(`drop table ${table}`)
    await pool.end()
  }
  return { name: 'PostgreSQL (pg)', store, bytes, close }
}

console.log(`${SESSIONS.toLocaleString('en')} sessions, ${CONCURRENT} calls at once\n`)
const rows: Record<string, string>[] = []
for (const open of [memory, redis, postgres]) rows.push(await measure(await open()))
console.table(rows)
