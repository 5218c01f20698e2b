import type { JWTPayload } from 'jose'
import { LRUCache } from 'lru-cache'

import type { ParsedBearer } from '../bearer/parse-bearer.ts'
import type { Claims } from './claim-types.ts'
import { isImmutable, parseClaims } from './parse-claims.ts'
import type { VerifyConfig } from './verify-config.ts'
import { verifyToken } from './verify-token.ts'

/** How long a token is remembered at most. */
const CACHE_MAX_AGE_SECONDS = 600

/** A token with a valid signature. What depends on the time and the procedure must still be checked at each call. */
export interface VerifiedToken {
  readonly text: string
  readonly payload: JWTPayload
  /** The claims for `ctx.jwt`, once they were parsed, if all calls may share them. */
  claims?: Claims
  readonly verifiedAtSeconds: number
  readonly keyVersion: unknown
}

/** Verifies tokens, and remembers them. */
export interface TokenCache {
  /**
   * Returns the verified token of a bearer.
   *
   * @throws {JwtRejection}
   */
  verify(bearer: ParsedBearer): VerifiedToken | Promise<VerifiedToken>
  /**
   * Parses the claims of a token that passed the checks so far, and remembers the token.
   *
   * @throws {JwtRejection} `invalid_claims`
   */
  parseClaims(token: VerifiedToken): Promise<Claims>
}

/** Remembers at most `verifiedTokens` tokens, for ten minutes at most, and only while the keys stay the same. */
export function createTokenCache(config: VerifyConfig): TokenCache {
  const { keys, nowSeconds, verifiedTokens: max } = config
  // Shared by the calls of one request, also if no token is remembered.
  const byBearer = new WeakMap<ParsedBearer, VerifiedToken>()
  // By the whole text: a prefix or a hash could give one user the claims of another.
  const byText = max > 0 ? new LRUCache<string, VerifiedToken>({ max }) : undefined
  // Concurrent requests with the same token wait for one verification.
  const pending = new Map<string, Promise<VerifiedToken>>()

  const isCurrent = (token: VerifiedToken | undefined, text: string): token is VerifiedToken =>
    token?.text === text && isRecent(nowSeconds() - token.verifiedAtSeconds) && token.keyVersion === keys.version()

  async function verify(text: string): Promise<VerifiedToken> {
    const keyVersion = keys.version()
    try {
      const payload = await verifyToken(text, keys)
      return { text, payload, verifiedAtSeconds: nowSeconds(), keyVersion }
    } finally {
      pending.delete(text)
    }
  }

  async function verifyOnce(bearer: ParsedBearer, text: string): Promise<VerifiedToken> {
    const verification = pending.get(text) ?? verify(text)
    pending.set(text, verification)
    const token = await verification
    byBearer.set(bearer, token)
    return token
  }

  return {
    verify(bearer) {
      const text = bearer.token ?? ''
      const known = byBearer.get(bearer) ?? byText?.get(text)
      return isCurrent(known, text) ? known : verifyOnce(bearer, text)
    },
    async parseClaims(token) {
      const claims = await parseClaims(token.payload, config.claims)
      byText?.set(token.text, token)
      if (config.claims && !isImmutable(claims)) return claims
      return (token.claims ??= claims)
    },
  }
}

/** If the clock was set back to before the verification, nobody knows how old it is. */
const isRecent = (ageSeconds: number): boolean => ageSeconds >= 0 && ageSeconds < CACHE_MAX_AGE_SECONDS
