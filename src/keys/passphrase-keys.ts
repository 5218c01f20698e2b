import type { CryptoKey } from 'jose'

import type { HmacAlgorithm, KeySource, SigningKey } from './algorithms.ts'

/** A passphrase's bytes, and the algorithms that it serves. */
export interface PassphraseKey {
  readonly algorithms: readonly HmacAlgorithm[]
  /** The key for one of its algorithms, imported at the first use and kept. */
  import(algorithm: HmacAlgorithm): Promise<CryptoKey>
}

/** Makes a key of a passphrase for those algorithms that the configuration lets it serve. */
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

/** Tokens verified by a list of passphrases: each that serves the token's algorithm is tried, in order. */
export function passphraseSource(keys: readonly PassphraseKey[]): KeySource {
  return {
    algorithms: new Set(keys.flatMap((key) => key.algorithms)),
    find: ({ alg }) => {
      const algorithm = alg as HmacAlgorithm
      return Promise.all(keys.filter((key) => key.algorithms.includes(algorithm)).map((key) => key.import(algorithm)))
    },
    epoch: () => keys,
  }
}

/** Tokens signed by a passphrase. */
export const passphraseSigner = (key: PassphraseKey, algorithm: HmacAlgorithm): SigningKey => ({
  algorithm,
  kid: undefined,
  import: () => key.import(algorithm),
})
