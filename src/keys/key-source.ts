import type { CompactJWSHeaderParameters, CryptoKey } from 'jose'

import type { JwtAlgorithm } from './algorithms.ts'

/** Provides the keys that verify signatures. */
export interface KeySource {
  /** The accepted algorithms. The configuration chooses them, never a token (RFC 8725 3.1). */
  readonly algorithms: ReadonlySet<string>
  /**
   * Returns the keys to try for a token, in order; an empty array if no key fits.
   *
   * @throws {JwtRejection} `unavailable`, if the keys cannot be fetched
   */
  find(header: CompactJWSHeaderParameters): Promise<readonly CryptoKey[]>
  /** Changes at least when the keys change. A token that was verified under another version must be verified again. */
  version(): unknown
}

/** The key that signs tokens. */
export interface SigningKey {
  readonly algorithm: JwtAlgorithm
  /** The `kid` for the token's header; undefined for a passphrase. */
  readonly kid: string | undefined
  /** Returns the key. It is imported at the first use and kept. */
  import(): Promise<CryptoKey>
}
