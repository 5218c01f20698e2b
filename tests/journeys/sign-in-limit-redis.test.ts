import { setTimeout } from 'node:timers/promises'

import { initTRPC } from '@trpc/server'
import { RateLimiterRedis } from 'rate-limiter-flexible'
import { createClient } from 'redis'
import { createJwtTrivial } from 'trpc-jwt-trivial'
import { afterAll, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'

import { createSignInLimit } from '../../playground/sign-in-limit.ts'
import type { Credentials } from '../../playground/users.ts'
import { PASSPHRASE } from '../support/mint.ts'
import { randomPrefix, reachRedis } from '../support/redis.ts'
import { serve } from '../support/serve.ts'
import { NOT_AUTHORISED, SIGNED_IN, signIn, TOO_MANY, WRONG } from '../support/sign-in.ts'

const url = await reachRedis()
const prefix = randomPrefix()
const client = createClient({ ...(url !== undefined && { url }) })
client.on('error', () => {})
const ann = { email: 'ann@example.org', password: 'tea at four, as ever' }

/** Serves sign-ins whose failures are counted in Redis: two in five seconds. */
function serveSignIns(check: (credentials: Credentials) => Promise<boolean>): Promise<string> {
  const limiter = new RateLimiterRedis({
    storeClient: client,
    useRedisPackage: true,
    rejectIfRedisNotReady: true,
    keyPrefix: prefix,
    points: 2,
    duration: 5,
  })
  const limitSignIn = createSignInLimit(limiter)
  const jwt = createJwtTrivial({
    passphrase: PASSPHRASE,
    credentials: z.object({ email: z.email(), password: z.string() }),
    authorise: ({ input }) => limitSignIn(input.email, () => check(input)),
  })
  const router = initTRPC.context<typeof jwt.createContext>().create().router({ token: jwt.tokenRouter })
  return serve(router, { createContext: jwt.createContext, responseMeta: jwt.responseMeta })
}

const checkAnn = async ({ password }: Credentials): Promise<boolean> => password === ann.password

describe('a counter in Redis', { timeout: 30_000 }, () => {
  afterAll(async () => {
    if (client.isOpen) await client.close()
  })

  it('that is down lets nobody in, and asks for no password', async () => {
    const check = vi.fn<typeof checkAnn>(checkAnn)
    const [outcome] = await signIn(await serveSignIns(check), ann)
    expect(outcome).toBe('503 SERVICE_UNAVAILABLE: Service unavailable')
    expect(check).not.toHaveBeenCalled()
  })

  it.skipIf(url === undefined)('is one for several servers, for a while, and names no address', async () => {
    await client.connect()
    const [here, there] = [await serveSignIns(checkAnn), await serveSignIns(checkAnn)]

    expect(await signIn(here, ann)).toEqual(SIGNED_IN)
    for (const at of [here, there]) expect(await signIn(at, { ...ann, password: WRONG })).toEqual(NOT_AUTHORISED)
    for (const at of [here, there]) expect(await signIn(at, ann)).toEqual(TOO_MANY)
    const keys = await client.keys(`${prefix}*`)
    expect(keys).toEqual([expect.not.stringContaining('ann')])

    await setTimeout(5_100)
    expect(await signIn(there, ann)).toEqual(SIGNED_IN)
    await client.del(keys)
  })
})
