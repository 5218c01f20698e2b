import { createHash } from 'node:crypto'

import { TRPCError } from '@trpc/server'
import { RateLimiterMemory, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible'

/** An account that is guessed at: five wrong passwords, and nobody signs in to it until five minutes after the first. */
const FIVE_IN_FIVE_MINUTES = { points: 5, duration: 300 }

/** Limits how often a password is guessed. One process counts in memory; several need one counter between them. */
export function createSignInLimit(limiter: RateLimiterAbstract = new RateLimiterMemory(FIVE_IN_FIVE_MINUTES)) {
  return async <Answer>(account: string, check: () => Promise<Answer>): Promise<Answer> => {
    const key = keyOf(account)
    await limiter.consume(key).catch(refuse) // before the check, or all guesses of a batch are checked at once
    const answer = await check()
    if (answer) await limiter.reward(key).catch(refuse) // its own attempt and no more: earlier failures stay counted
    return answer
  }
}

/** Short, however long the address; and whoever reads the counter reads no addresses. */
const keyOf = (account: string): string => createHash('sha256').update(account.toLowerCase()).digest('base64url')

function refuse(cause: unknown): never {
  if (!(cause instanceof RateLimiterRes)) {
    throw new TRPCError({ code: 'SERVICE_UNAVAILABLE', message: 'Service unavailable', cause })
  }
  throw new TRPCError({ code: 'TOO_MANY_REQUESTS', message: 'Too many attempts, try again later' })
}
