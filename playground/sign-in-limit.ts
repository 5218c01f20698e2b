import { createHash } from 'node:crypto'

import { TRPCError } from '@trpc/server'
import { RateLimiterMemory, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible'

/** After five wrong passwords, nobody can sign in to the account until five minutes after the first of them. */
const FIVE_IN_FIVE_MINUTES = { points: 5, duration: 300 }

/** Limits the wrong passwords per account. The default counts in memory: several processes need a shared counter. */
export function createSignInLimit(limiter: RateLimiterAbstract = new RateLimiterMemory(FIVE_IN_FIVE_MINUTES)) {
  return async <Answer>(account: string, check: () => Promise<Answer>): Promise<Answer> => {
    const key = keyOf(account)
    await limiter.consume(key).catch(refuse) // before the check: else all guesses of a batch are checked at once
    const answer = await check()
    if (answer) await limiter.reward(key).catch(refuse) // takes back this attempt only: earlier failures stay counted
    return answer
  }
}

/** A hash is short however long the address is, and the counter holds no addresses. */
const keyOf = (account: string): string => createHash('sha256').update(account.toLowerCase()).digest('base64url')

function refuse(cause: unknown): never {
  if (!(cause instanceof RateLimiterRes)) {
    throw new TRPCError({ code: 'SERVICE_UNAVAILABLE', message: 'Service unavailable', cause })
  }
  throw new TRPCError({ code: 'TOO_MANY_REQUESTS', message: 'Too many attempts, try again later' })
}
