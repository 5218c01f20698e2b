import type { CryptoKey } from 'jose'

import type { HmacAlgorithm } from './algorithms.ts'
import type { KeySource, SigningKey } from './key-source.ts'

/** The keys of one passphrase, and the algorithms that it is used for. */
export interface PassphraseKey {
  readonly algorithms: readonly HmacAlgorithm[]
  /** Returns the key for one of the algorithms. It is imported at the first use and kept. */
  import(algorithm: HmacAlgorithm): Promise<CryptoKey>
}

/** Makes the keys of a passphrase for the algorithms that the configuration allows it. */
export function passphraseKey(bytes: Uint8Array<ArrayBuffer>, algorithms: readonly HmacAlgorithm[]): PassphraseKey {
  const imported = new Map<HmacAlgorithm, Promise<CryptoKey>>()
  return {
    algorithms,
    import(algorithm) {
      const known = imported.get(algorithm)
      if (known) return known
      const hash = `SHA-${algorithm.slice(2)}`
      const key = crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash }, false, ['sign', 'verify'])
      imported.set(algorithm, key)
      return key
    },
  }
}

/** Verifies with a list of passphrases. Each one that serves the token's algorithm is tried, in order. */
export function passphraseSource(keys: readonly PassphraseKey[]): KeySource {
  return {
    algorithms: new Set(keys.flatMap((key) => key.algorithms)),
    find: ({ alg }) => {
      const algorithm = alg as HmacAlgorithm
      return Promise.all(keys.filter((key) => key.algorithms.includes(algorithm)).map((key) => key.import(algorithm)))
    },
    version: () => keys,
  }
}

/** Signs with a passphrase. */
export const passphraseSigner = (key: PassphraseKey, algorithm: HmacAlgorithm): SigningKey => ({
  algorithm,
  kid: undefined,
  import: () => key.import(algorithm),
})
