import * as z from 'zod'

import { checkOptions } from '../schema/check-options.ts'
import { durationMust, durationSchema } from '../time/duration.ts'
import { boundedQuestion, boundedStore, type AskableStore, type SessionConfig } from '../sessions/live-sessions.ts'
import type { SessionStore } from '../sessions/session-store.ts'

const DEFAULT_EXPIRES_IN = 30 * 86_400
const DEFAULT_GRACE = 10
const MAX_GRACE = 300
const MAX_CACHE_SECONDS = 3_600

type Reauthorise = (opts: { sub: string; sid: string; ctx: object }) => unknown

/** What an issuer's sessions run on. */
export interface RenewableConfig extends SessionConfig<SessionStore> {
  readonly reauthorise: Reauthorise
  /** How long a session lasts, in seconds. */
  readonly expiresIn: number
  /** How long after a rotation the previous refresh token is forgiven, in seconds. */
  readonly grace: number
}

const storeWith = <Store>(...methods: string[]): z.ZodType<Store> =>
  z.custom<Store>(
    (store) =>
      typeof store === 'object' &&
      store !== null &&
      methods.every((name) => typeof (store as Record<string, unknown>)[name] === 'function'),
  )

const askableSchema = z.strictObject({
  store: storeWith<AskableStore>('isLive'),
  cacheSeconds: z.number().min(0).max(MAX_CACHE_SECONDS).default(0),
})

const renewableSchema = askableSchema.extend({
  store: storeWith<SessionStore>('start', 'isLive', 'rotate', 'end', 'endAll'),
  reauthorise: z.custom<Reauthorise>((value) => typeof value === 'function'),
  expiresIn: durationSchema.default(DEFAULT_EXPIRES_IN),
  grace: z.number().min(0).max(MAX_GRACE).default(DEFAULT_GRACE),
})

const askableMusts: Record<keyof typeof askableSchema.shape, string> = {
  store: 'a session store: memorySessions(), redisSessions(client), postgresSessions(pool) or your own',
  cacheSeconds: `a number of seconds from 0 to ${MAX_CACHE_SECONDS}`,
}

const renewableMusts: Record<keyof typeof renewableSchema.shape, string> = {
  ...askableMusts,
  reauthorise: 'a function that answers claims or true to renew a session, and false to end it',
  expiresIn: durationMust,
  grace: `a number of seconds from 0 to ${MAX_GRACE}`,
}

/** @throws {TypeError} for an unknown option or a bad value */
export function resolveAskableSessions(owner: string, sessions: unknown): SessionConfig {
  const checked = checkOptions(`${owner} sessions`, sessions, { schema: askableSchema, musts: askableMusts })
  return { ...checked, store: boundedQuestion(checked.store) }
}

/** @throws {TypeError} for an unknown option or a bad value */
export function resolveRenewableSessions(owner: string, sessions: unknown): RenewableConfig {
  const checked = checkOptions(`${owner} sessions`, sessions, { schema: renewableSchema, musts: renewableMusts })
  return { ...checked, store: boundedStore(checked.store) }
}
