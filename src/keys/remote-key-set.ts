import { createRemoteJWKSet, customFetch, jwksCache, type FetchImplementation, type JWKSCacheInput } from 'jose'

import { keySetProblem } from './jwk.ts'
import { matchingKeys } from './key-set.ts'
import type { KeySource } from './algorithms.ts'
import { JwtRejection } from '../outcome/rejection.ts'

const MAX_BYTES = 2 ** 20
/** How long a key server may be silent, in milliseconds. */
const TIMEOUT = 2_000
/** How long a fetched key set is used, in milliseconds. */
const FRESH = 10 * 60_000
/** How long after a fetch, good or bad, no other one follows for a `kid` that is not in the set, in milliseconds. */
const COOLDOWN = 30_000

/**
 * Tokens verified by the key set that a server publishes (RFC 7517 5): fetched at the first need, and again when it is no
 * longer fresh or a token names an unknown key.
 */
export function remoteKeySetSource(url: URL, algorithms: readonly string[]): KeySource {
  const cache: JWKSCacheInput & { jwks?: unknown } = {}
  let failedAt = Number.NEGATIVE_INFINITY
  const coolingDown = () => Date.now() < failedAt + COOLDOWN

  const fetchKeySet: FetchImplementation = async (address, options) => {
    if (coolingDown()) throw new Error('the last fetch failed a moment ago')
    try {
      return await usableKeySet(await fetch(address, options))
    } catch (error) {
      failedAt = Date.now()
      throw error
    }
  }

  const resolve = createRemoteJWKSet(url, {
    timeoutDuration: TIMEOUT,
    cacheMaxAge: FRESH,
    cooldownDuration: COOLDOWN,
    [customFetch]: fetchKeySet,
    [jwksCache]: cache,
  })

  return {
    algorithms: new Set(algorithms),
    async find(header) {
      const failedBefore = coolingDown()
      try {
        return await matchingKeys(resolve, header)
      } catch {
        if (failedBefore && resolve.fresh) return []
        throw new JwtRejection('unavailable')
      }
    },
    epoch: () => (resolve.fresh ? cache.jwks : {}),
  }
}

async function usableKeySet(response: Response): Promise<Response> {
  if (response.status !== 200) throw new Error('the key server did not answer 200')
  const set: unknown = JSON.parse(await readBounded(response))
  const problem = keySetProblem(set)
  if (problem) throw new Error(`the key set ${problem}`)
  return Response.json(set)
}

async function readBounded({ body }: Response): Promise<string> {
  const reader = body?.getReader()
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let [text, bytes] = ['', 0]
  for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read()) {
    bytes += chunk.value.length
    if (bytes > MAX_BYTES) {
      void reader?.cancel().catch(() => {})
      throw new Error('the key set is over 1 MiB')
    }
    text += decoder.decode(chunk.value, { stream: true })
  }
  return text + decoder.decode()
}
