export { postgresSessions } from './sessions/postgres-sessions.ts'
export type { PostgresPool, PostgresSessions, PostgresSessionsOptions } from './sessions/postgres-sessions.ts'
