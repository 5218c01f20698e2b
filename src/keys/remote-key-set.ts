import { createRemoteJWKSet, customFetch, jwksCache, type FetchImplementation, type JWKSCacheInput } from 'jose'

import { unavailable } from '../outcome/rejection.ts'
import { keySetProblem } from './jwk.ts'
import { matchingKeys } from './key-set.ts'
import type { KeySource } from './key-source.ts'

const MAX_BYTES = 2 ** 20
const FETCH_TIMEOUT_MS = 2_000
/** How long a fetched key set is used. */
const CACHE_MAX_AGE_MS = 10 * 60_000
/** How long after a fetch no token with an unknown `kid` causes another one. After a failed fetch, nothing else does either. */
const COOLDOWN_MS = 30_000

/**
 * Verifies with the key set that a server publishes (RFC 7517 5). The set is fetched at the first use, and again when it is
 * too old or a token has an unknown `kid`.
 */
export function remoteKeySetSource(url: URL, algorithms: readonly string[]): KeySource {
  const cache: JWKSCacheInput & { jwks?: unknown } = {}
  let failedAtMs = Number.NEGATIVE_INFINITY
  const isCoolingDown = () => Date.now() < failedAtMs + COOLDOWN_MS

  const fetchKeySet: FetchImplementation = async (address, options) => {
    if (isCoolingDown()) throw new Error('the last fetch failed a moment ago')
    try {
      return await usableKeySet(await fetch(address, options))
    } catch (error) {
      failedAtMs = Date.now()
      throw error
    }
  }

  const resolve = createRemoteJWKSet(url, {
    timeoutDuration: FETCH_TIMEOUT_MS,
    cacheMaxAge: CACHE_MAX_AGE_MS,
    cooldownDuration: COOLDOWN_MS,
    [customFetch]: fetchKeySet,
    [jwksCache]: cache,
  })

  return {
    algorithms: new Set(algorithms),
    async find(header) {
      const failedBefore = isCoolingDown()
      try {
        return await matchingKeys(resolve, header)
      } catch (failure) {
        // The set is good; only the search for an unknown `kid` was not repeated. That token has no key here.
        if (failedBefore && resolve.fresh) return []
        throw unavailable(failure)
      }
    },
    version: () => (resolve.fresh ? cache.jwks : {}),
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
