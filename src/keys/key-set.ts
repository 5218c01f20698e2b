import {
  createLocalJWKSet,
  errors,
  importJWK,
  type CompactJWSHeaderParameters,
  type CryptoKey,
  type JSONWebKeySet,
} from 'jose'

import type { NamedJwk } from './jwk.ts'
import type { KeySource, SigningKey } from './key-source.ts'

type KeyResolver = (header: CompactJWSHeaderParameters) => Promise<CryptoKey>

/** Verifies with a key set of the configuration. */
export function keySetSource(set: JSONWebKeySet, algorithms: readonly string[]): KeySource {
  const resolve = createLocalJWKSet(set)
  return {
    algorithms: new Set(algorithms),
    async find(header) {
      try {
        return await matchingKeys(resolve, header)
      } catch {
        throw new TypeError('A configured JWK cannot be used as a key.')
      }
    },
    version: () => set,
  }
}

/** Signs with a private key. */
export function keyPairSigner(privateKey: NamedJwk): SigningKey {
  let imported: Promise<CryptoKey> | undefined
  return {
    algorithm: privateKey.alg,
    kid: privateKey.kid,
    import: () => (imported ??= importPrivateKey(privateKey)),
  }
}

async function importPrivateKey(privateKey: NamedJwk): Promise<CryptoKey> {
  const key = await importJWK(privateKey).catch(() => undefined)
  if (key === undefined || key instanceof Uint8Array) throw new TypeError('`privateKey` cannot be used as a key.')
  return key
}

/** Returns the keys that fit a header: by its `kid`, or by its `alg` if it has no `kid`. */
export async function matchingKeys(
  resolve: KeyResolver,
  header: CompactJWSHeaderParameters,
): Promise<readonly CryptoKey[]> {
  try {
    return [await resolve(header)]
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return []
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    const keys: CryptoKey[] = []
    for await (const key of error) keys.push(key)
    return keys
  }
}
