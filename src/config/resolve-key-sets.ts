import type { JSONWebKeySet } from 'jose'

import { isHmac, keyPairAlgorithms, type JwtAlgorithm } from '../keys/algorithms.ts'
import { configuredKeySetProblem, jwkProblem, keySetProblem, publicHalf, type NamedJwk } from '../keys/jwk.ts'
import { keySetSource } from '../keys/key-set.ts'
import type { KeySource } from '../keys/key-source.ts'
import { remoteKeySetSource } from '../keys/remote-key-set.ts'

type Algorithms = readonly JwtAlgorithm[] | undefined

/** Checks a private JWK, and copies it. */
export function checkPrivateKey(owner: string, privateKey: unknown): NamedJwk {
  const problem = jwkProblem(privateKey, 'sign')
  if (problem) throw new TypeError(`${owner}: \`privateKey\` ${problem}`)
  return structuredClone(privateKey) as NamedJwk
}

/** Checks public JWKs, and copies their public members. */
export function checkPublicKeys(owner: string, publicKeys: readonly unknown[]): NamedJwk[] {
  return publicKeys.map((jwk, i) => {
    const problem = jwkProblem(jwk, 'verify')
    if (problem) throw new TypeError(`${owner}: \`publicKeys[${i}]\` ${problem}`)
    return publicHalf(jwk as NamedJwk)
  })
}

/** Makes a key source of checked public keys. */
export function publicKeySource(owner: string, keys: NamedJwk[], algorithms: Algorithms): KeySource {
  if (keys.length === 0) throw new TypeError(`${owner}: \`publicKeys\` is an empty array; pass one public key or more`)
  requireKeyPairs(owner, algorithms ?? [])
  if (algorithms && keys.some((jwk) => !algorithms.includes(jwk.alg)))
    throw new TypeError(`${owner}: \`algorithms\` must contain the \`alg\` of every key, or be left out`)
  const problem = keySetProblem({ keys })
  if (problem) throw new TypeError(`${owner}: \`publicKeys\` ${problem}, nor that of \`privateKey\``)
  return keySetSource({ keys }, [...new Set(keys.map((jwk) => jwk.alg))])
}

/** Makes a key source of the `jwks` option: a key set, or its address. */
export function keySourceOf(owner: string, jwks: unknown, algorithms: Algorithms): KeySource {
  if (!algorithms)
    throw new TypeError(`${owner}: \`algorithms\` is required with \`jwks\`; pass those that the provider signs with`)
  requireKeyPairs(owner, algorithms)
  if (typeof jwks === 'string' || jwks instanceof URL) return remoteKeySetSource(checkAddress(owner, jwks), algorithms)
  const problem = keySetProblem(jwks) ?? configuredKeySetProblem(jwks as JSONWebKeySet)
  if (problem) throw new TypeError(`${owner}: \`jwks\` ${problem}; or pass its address`)
  return keySetSource(jwks as JSONWebKeySet, algorithms)
}

/** Everybody can read public keys. With HMAC, everybody could then sign (RFC 8725 2.1). */
function requireKeyPairs(owner: string, algorithms: readonly JwtAlgorithm[]): void {
  if (!algorithms.some(isHmac)) return
  throw new TypeError(`${owner}: \`algorithms\` must be of ${keyPairAlgorithms.join(', ')} with key pairs`)
}

/**
 * Only `https:` proves that the right server answers; on loopback, `http:` is enough. `fetch` refuses an address with
 * credentials.
 */
function checkAddress(owner: string, address: string | URL): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined
  const isLoopback = url !== undefined && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname)
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback)
  if (isSafe && !url.username && !url.password) return url
  throw new TypeError(`${owner}: \`jwks\` must be an https address (http only on loopback), without credentials`)
}
