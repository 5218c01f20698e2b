import type { JWTPayload } from 'jose'
import { LRUCache } from 'lru-cache'

import type { Bearer } from '../bearer/create-context.ts'
import { isImmutable, readClaims, type Claims } from './claims.ts'
import { verifyToken, type VerifyConfig } from './verify-token.ts'

/** How long a token is remembered, in seconds, however long it lives. */
const REMEMBERED = 600

/** A token whose signature holds. What depends on the time and on the procedure has yet to be checked, at each call. */
export interface VerifiedToken {
  readonly text: string
  readonly payload: JWTPayload
  /** What the `claims` schema made of it, once it has, if every call may share it. */
  claims?: Claims
  readonly openedAt: number
  readonly epoch: unknown
}

/** Opens tokens, each once. */
export interface TokenCache {
  /**
   * The token of a bearer, as remembered or by its signature. The calls of a request share their bearer, those that come
   * while a text is being verified share that.
   *
   * @throws {JwtRejection}
   */
  open(bearer: Bearer): VerifiedToken | Promise<VerifiedToken>
  /**
   * The claims of a token that passed the checks so far. From now on it is remembered, by its whole text: a hash or a prefix
   * would one day give one user another's claims.
   *
   * @throws {JwtRejection} `invalid_claims`
   */
  accept(token: VerifiedToken): Promise<Claims>
}

/** Remembers at most `verifiedTokens` tokens, for ten minutes, and none whose keys may have changed since. */
export function createTokenCache(config: VerifyConfig): TokenCache {
  const { keys, now, verifiedTokens: max } = config
  const opened = new WeakMap<Bearer, VerifiedToken>()
  const remembered = max > 0 ? new LRUCache<string, VerifiedToken>({ max }) : undefined
  const opening = new Map<string, Promise<VerifiedToken>>()

  const isCurrent = (token: VerifiedToken | undefined, text: string): token is VerifiedToken =>
    token?.text === text && now() - token.openedAt < REMEMBERED && token.epoch === keys.epoch()

  async function verify(text: string): Promise<VerifiedToken> {
    const epoch = keys.epoch()
    try {
      const payload = await verifyToken(text, keys)
      return { text, payload, openedAt: now(), epoch }
    } finally {
      opening.delete(text)
    }
  }

  async function verifyOnce(bearer: Bearer, text: string): Promise<VerifiedToken> {
    const verifying = opening.get(text) ?? verify(text)
    opening.set(text, verifying)
    const token = await verifying
    opened.set(bearer, token)
    return token
  }

  return {
    open(bearer) {
      const text = bearer.token ?? ''
      const known = opened.get(bearer) ?? remembered?.get(text)
      return isCurrent(known, text) ? known : verifyOnce(bearer, text)
    },
    async accept(token) {
      const claims = await readClaims(token.payload, config.claims)
      remembered?.set(token.text, token)
      if (config.claims && !isImmutable(claims)) return claims
      return (token.claims ??= claims)
    },
  }
}
