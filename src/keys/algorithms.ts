import type { CompactJWSHeaderParameters, CryptoKey } from 'jose'

/** The algorithms that a passphrase can serve (RFC 7518 3.2), shortest hash first. */
export const hmacAlgorithms = ['HS256', 'HS384', 'HS512'] as const

/** The algorithms that a key pair can serve (RFC 7518 3.3 to 3.5, RFC 8037 3.1, RFC 9864 2.2). */
export const keyPairAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const

/** An algorithm of a passphrase. */
export type HmacAlgorithm = (typeof hmacAlgorithms)[number]

/** An algorithm of a key pair. */
export type KeyPairAlgorithm = (typeof keyPairAlgorithms)[number]

/** Every algorithm that tokens may be signed with. */
export type JwtAlgorithm = HmacAlgorithm | KeyPairAlgorithm

/** Where the keys that signatures are checked with come from. */
export interface KeySource {
  /** The algorithms accepted: the configuration's choice, never a token's (RFC 8725 3.1). */
  readonly algorithms: ReadonlySet<string>
  /**
   * The keys to try for a token, in order; none where no key is meant for it.
   *
   * @throws {JwtRejection} `unavailable`, where they cannot be had
   */
  find(header: CompactJWSHeaderParameters): Promise<readonly CryptoKey[]>
  /** Is the same as long as what was verified by these keys need not be verified again. */
  epoch(): unknown
}

/** What tokens are signed with. */
export interface SigningKey {
  readonly algorithm: JwtAlgorithm
  /** Names the key in a token's header, where it is one of several. */
  readonly kid: string | undefined
  /** The key, imported at the first use and kept. */
  import(): Promise<CryptoKey>
}
