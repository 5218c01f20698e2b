import { hmacAlgorithms, isHmac, type JwtAlgorithm } from '../keys/algorithms.ts'
import { publicHalf, type PublicKeySet } from '../keys/jwk.ts'
import { keyPairSigner } from '../keys/key-set.ts'
import type { KeySource, SigningKey } from '../keys/key-source.ts'
import { passphraseSigner, passphraseSource } from '../keys/passphrase-keys.ts'
import { checkPrivateKey, checkPublicKeys, keySourceOf, publicKeySource } from './resolve-key-sets.ts'
import { passphraseName, resolvePassphrases, tooShort } from './resolve-passphrases.ts'

/** The options that set keys and algorithms. The keys themselves are not checked yet. */
export interface KeyOptions {
  readonly passphrase?: unknown
  readonly privateKey?: unknown
  readonly publicKeys?: readonly unknown[] | undefined
  readonly jwks?: unknown
  readonly algorithm?: JwtAlgorithm | undefined
  readonly algorithms?: readonly JwtAlgorithm[] | undefined
}

/** What an issuer signs with, verifies with and publishes. */
export interface IssuerKeys {
  readonly keys: KeySource
  readonly signingKey: SigningKey
  /** Undefined with a passphrase. */
  readonly publicKeySet: PublicKeySet | undefined
}

/**
 * Resolves the keys of an issuer: a passphrase, or a private key and older public keys.
 *
 * @throws {TypeError} if there are none, both, or one that cannot be used
 */
export function resolveIssuerKeys(owner: string, options: KeyOptions): IssuerKeys {
  const { passphrase, privateKey, publicKeys } = options
  requireAtMostOne(owner, { passphrase, privateKey })
  if (privateKey !== undefined) return keyPairIssuer(owner, options)
  if (publicKeys) throw new TypeError(`${owner}: \`publicKeys\` needs a \`privateKey\` that signs`)
  return passphraseIssuer(owner, options)
}

/**
 * Resolves the keys of a verifier: passphrases, public keys, or a key set or its address.
 *
 * @throws {TypeError} if there are none, several kinds, or one that cannot be used
 */
export function resolveVerifierKeys(owner: string, options: KeyOptions): KeySource {
  const { passphrase, publicKeys, jwks, algorithms } = options
  requireAtMostOne(owner, { passphrase, publicKeys, jwks })
  if (publicKeys) return publicKeySource(owner, checkPublicKeys(owner, publicKeys), algorithms)
  if (jwks !== undefined) return keySourceOf(owner, jwks, algorithms)
  return passphraseSource(resolvePassphrases(owner, options))
}

function requireAtMostOne(owner: string, options: Record<string, unknown>): void {
  const [one, other] = Object.keys(options).filter((name) => options[name] !== undefined)
  if (other !== undefined)
    throw new TypeError(`${owner}: \`${one}\` and \`${other}\` exclude each other; pass one of them`)
}

function passphraseIssuer(owner: string, options: KeyOptions): IssuerKeys {
  const { algorithm = 'HS256', algorithms = hmacAlgorithms } = options
  if (!isHmac(algorithm))
    throw new TypeError(`${owner}: \`algorithm\` ${algorithm} needs a \`privateKey\`, not a \`passphrase\``)
  if (!algorithms.includes(algorithm))
    throw new TypeError(`${owner}: \`algorithm\` must be one of \`algorithms\`, or issued tokens would be rejected`)
  const keys = resolvePassphrases(owner, options)
  const [first] = keys
  if (!first?.algorithms.includes(algorithm)) throw tooShort(passphraseName(owner, options, 0), algorithm)
  return { keys: passphraseSource(keys), signingKey: passphraseSigner(first, algorithm), publicKeySet: undefined }
}

function keyPairIssuer(owner: string, options: KeyOptions): IssuerKeys {
  const { privateKey, publicKeys = [], algorithm, algorithms } = options
  const signing = checkPrivateKey(owner, privateKey)
  if (algorithm !== undefined && algorithm !== signing.alg)
    throw new TypeError(`${owner}: \`algorithm\` must be the \`alg\` of \`privateKey\`, or left out`)
  const keys = [publicHalf(signing), ...checkPublicKeys(owner, publicKeys)]
  return {
    keys: publicKeySource(owner, keys, algorithms),
    signingKey: keyPairSigner(signing),
    publicKeySet: { keys },
  }
}
