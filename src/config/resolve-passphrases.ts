import { hmacAlgorithms, isHmac, type HmacAlgorithm, type JwtAlgorithm } from '../keys/algorithms.ts'
import { passphraseKey, type PassphraseKey } from '../keys/passphrase-keys.ts'
import { MINIMUM_BYTES, passphraseBytes } from '../keys/passphrase.ts'

interface PassphraseOptions {
  readonly passphrase?: unknown
  readonly algorithms?: readonly JwtAlgorithm[] | undefined
}

/** Resolves a passphrase, or an array of them. Each serves the `algorithms`, or else those that it is long enough for. */
export function resolvePassphrases(owner: string, options: PassphraseOptions): PassphraseKey[] {
  const { passphrase, algorithms } = options
  const passphrases: unknown[] = Array.isArray(passphrase) ? passphrase : [passphrase]
  if (passphrases.length === 0)
    throw new TypeError(`${owner}: \`passphrase\` is an empty array; pass one passphrase or more`)
  const required = algorithms?.map((algorithm) => {
    if (isHmac(algorithm)) return algorithm
    throw new TypeError(`${owner}: \`algorithms\` must be of ${hmacAlgorithms.join(', ')} with a \`passphrase\``)
  })
  return passphrases.map((each, i) => {
    const name = passphraseName(owner, options, i)
    const bytes = passphraseBytes(each, name)
    const isLongEnough = (algorithm: HmacAlgorithm) => bytes.length >= MINIMUM_BYTES[algorithm]
    const unserved = required?.find((algorithm) => !isLongEnough(algorithm))
    if (unserved) throw tooShort(name, unserved)
    return passphraseKey(bytes, required ?? hmacAlgorithms.filter(isLongEnough))
  })
}

/** The name of a passphrase in an error: `passphrase`, or `passphrase[1]` of an array. */
export const passphraseName = (owner: string, { passphrase }: PassphraseOptions, index: number): string =>
  `${owner}: \`passphrase${Array.isArray(passphrase) ? `[${index}]` : ''}\``

/** The error for a passphrase that is too short for an algorithm. */
export const tooShort = (name: string, algorithm: HmacAlgorithm): TypeError =>
  new TypeError(
    `${name} is too short for ${algorithm}, which needs ${MINIMUM_BYTES[algorithm]} bytes (RFC 7518 3.2); ` +
      'make one with: openssl rand -base64 64',
  )
