export { redisSessions } from './sessions/redis-sessions.ts'
export type { IoRedisClient, NodeRedisClient, RedisSessionsOptions } from './sessions/redis-sessions.ts'
