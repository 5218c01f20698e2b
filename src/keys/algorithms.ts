/** The algorithms of a passphrase (RFC 7518 3.2), shortest hash first. */
export const hmacAlgorithms = ['HS256', 'HS384', 'HS512'] as const

/** The algorithms of a key pair (RFC 7518 3.3 to 3.5, RFC 8037 3.1, RFC 9864 2.2). */
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

/** Whether an algorithm is one of a passphrase. */
export const isHmac = (algorithm: JwtAlgorithm): algorithm is HmacAlgorithm =>
  (hmacAlgorithms as readonly string[]).includes(algorithm)
