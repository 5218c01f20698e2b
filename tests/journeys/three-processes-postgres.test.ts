import { postgresSessions } from 'trpc-jwt-trivial/postgres'
import { describe } from 'vitest'

import { dropTables, randomTable, reachPostgres } from '../support/postgres.ts'
import { testThreeProcesses } from '../support/process-scenario.ts'
import { GRACE } from '../support/races.ts'
import { startSessionServer } from '../support/session-servers.ts'

const pool = reachPostgres()

describe.runIf(pool)('on one PostgreSQL', async () => {
  if (!pool) return
  const url = String(process.env['DATABASE_URL'])
  const name = randomTable()
  await postgresSessions(pool, { table: name }).createTable()
  dropTables(pool, [name])
  const start = () => startSessionServer({ through: 'pg', url, name, grace: GRACE })
  testThreeProcesses(await Promise.all([start(), start(), start()]))
})
