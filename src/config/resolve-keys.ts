import type { JSONWebKeySet } from 'jose'

import {
  jwkProblem,
  keySetProblem,
  publicHalf,
  writtenKeySetProblem,
  type NamedJwk,
  type PublicKeySet,
} from '../keys/jwk.ts'
import { keyPairSigner, keySetSource } from '../keys/key-set.ts'
import {
  hmacAlgorithms,
  keyPairAlgorithms,
  type HmacAlgorithm,
  type JwtAlgorithm,
  type KeySource,
  type SigningKey,
} from '../keys/algorithms.ts'
import { passphraseKey, passphraseSigner, passphraseSource, type PassphraseKey } from '../keys/passphrase-keys.ts'
import { MINIMUM_BYTES, passphraseBytes } from '../keys/passphrase.ts'
import { remoteKeySetSource } from '../keys/remote-key-set.ts'

/** The options that say what tokens are signed and verified with, each of its type at least. */
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
  readonly publicKeySet: PublicKeySet | undefined
}

/**
 * The keys of an issuer: a passphrase, or a private key and older public ones.
 *
 * @throws {TypeError} where there are none, both, or one that cannot serve
 */
export function resolveIssuerKeys(owner: string, options: KeyOptions): IssuerKeys {
  if (options.privateKey === undefined) {
    if (options.publicKeys) throw new TypeError(`${owner}: \`publicKeys\` go with a \`privateKey\` that signs`)
    return passphraseIssuer(owner, options)
  }
  if (options.passphrase !== undefined) throw exclusive(owner, 'passphrase', 'privateKey')
  return keyPairIssuer(owner, options)
}

/**
 * The keys of a verifier: passphrases, public keys, or a key set and where to find it.
 *
 * @throws {TypeError} where there are none, several kinds, or one that cannot serve
 */
export function resolveVerifierKeys(owner: string, options: KeyOptions): KeySource {
  const { passphrase, publicKeys, jwks, algorithms } = options
  if (passphrase !== undefined && publicKeys) throw exclusive(owner, 'passphrase', 'publicKeys')
  if (passphrase !== undefined && jwks !== undefined) throw exclusive(owner, 'passphrase', 'jwks')
  if (publicKeys && jwks !== undefined) throw exclusive(owner, 'publicKeys', 'jwks')
  if (publicKeys) return publicKeySource(owner, checkPublicKeys(owner, publicKeys), algorithms)
  if (jwks !== undefined) return resolveKeySet(owner, jwks, algorithms)
  return passphraseSource(passphraseKeys(owner, options))
}

const exclusive = (owner: string, one: string, other: string): TypeError =>
  new TypeError(`${owner}: \`${one}\` and \`${other}\` exclude each other; give one of them`)

function passphraseIssuer(owner: string, options: KeyOptions): IssuerKeys {
  const { algorithm = 'HS256', algorithms = hmacAlgorithms } = options
  if (!isHmac(algorithm)) throw needsKeyPair(owner, algorithm)
  if (!algorithms.includes(algorithm)) {
    throw new TypeError(`${owner}: \`algorithm\` must be one of \`algorithms\`, or the tokens issued would be refused`)
  }
  const keys = passphraseKeys(owner, options)
  const [first] = keys
  if (!first?.algorithms.includes(algorithm)) throw tooShort(nameOf(owner, options, 0), algorithm)
  return { keys: passphraseSource(keys), signingKey: passphraseSigner(first, algorithm), publicKeySet: undefined }
}

function passphraseKeys(owner: string, options: KeyOptions): PassphraseKey[] {
  const { passphrase, algorithms } = options
  const passphrases: unknown[] = Array.isArray(passphrase) ? passphrase : [passphrase]
  if (passphrases.length === 0)
    throw new TypeError(`${owner}: \`passphrase\` is an empty list; give one passphrase or more`)
  const hmac = algorithms?.map((name) => {
    if (!isHmac(name)) throw needsKeyPair(owner, name)
    return name
  })
  return passphrases.map((each, i) => {
    const name = nameOf(owner, options, i)
    const bytes = passphraseBytes(each, name)
    const unserved = hmac?.find((algorithm) => bytes.length < MINIMUM_BYTES[algorithm])
    if (unserved) throw tooShort(name, unserved)
    return passphraseKey(
      bytes,
      (hmac ?? hmacAlgorithms).filter((algorithm) => bytes.length >= MINIMUM_BYTES[algorithm]),
    )
  })
}

const nameOf = (owner: string, { passphrase }: KeyOptions, index: number): string =>
  `${owner}: \`passphrase\`${Array.isArray(passphrase) ? ` ${index + 1}` : ''}`

const tooShort = (name: string, algorithm: HmacAlgorithm): TypeError =>
  new TypeError(
    `${name} is too short for ${algorithm}, which needs ${MINIMUM_BYTES[algorithm]} bytes (RFC 7518 3.2); ` +
      'make one with: openssl rand -base64 64',
  )

const isHmac = (name: JwtAlgorithm): name is HmacAlgorithm => (hmacAlgorithms as readonly string[]).includes(name)

const needsKeyPair = (owner: string, name: string): TypeError =>
  new TypeError(`${owner}: ${name} needs a key pair, not a \`passphrase\`, which serves ${hmacAlgorithms.join(', ')}`)

function keyPairIssuer(owner: string, options: KeyOptions): IssuerKeys {
  const { privateKey, publicKeys = [], algorithm, algorithms } = options
  const problem = jwkProblem(privateKey, 'sign')
  if (problem) throw new TypeError(`${owner}: \`privateKey\` ${problem}`)
  const signing = structuredClone(privateKey) as NamedJwk
  if (algorithm !== undefined && algorithm !== signing.alg) {
    throw new TypeError(`${owner}: \`algorithm\` must be the \`alg\` of \`privateKey\`, or left out`)
  }
  const accepted = [publicHalf(signing), ...checkPublicKeys(owner, publicKeys)]
  return {
    keys: publicKeySource(owner, accepted, algorithms),
    signingKey: keyPairSigner(signing),
    publicKeySet: { keys: accepted },
  }
}

function checkPublicKeys(owner: string, publicKeys: readonly unknown[]): NamedJwk[] {
  return publicKeys.map((jwk, i) => {
    const problem = jwkProblem(jwk, 'verify')
    if (problem) throw new TypeError(`${owner}: \`publicKeys\` ${i + 1} ${problem}`)
    return publicHalf(jwk as NamedJwk)
  })
}

function publicKeySource(owner: string, keys: NamedJwk[], algorithms?: readonly JwtAlgorithm[]): KeySource {
  if (keys.length === 0) throw new TypeError(`${owner}: \`publicKeys\` is an empty list; give one public key or more`)
  requireKeyPairs(owner, algorithms ?? [], 'keys')
  const unlisted = keys.find((jwk) => algorithms && !algorithms.includes(jwk.alg))
  if (unlisted) throw new TypeError(`${owner}: \`algorithms\` must list the \`alg\` of every key, or be left out`)
  const problem = keySetProblem({ keys })
  if (problem) throw new TypeError(`${owner}: the keys configured ${problem}`)
  return keySetSource({ keys }, [...new Set(keys.map((jwk) => jwk.alg))])
}

function resolveKeySet(owner: string, jwks: unknown, algorithms: readonly JwtAlgorithm[] | undefined): KeySource {
  if (!algorithms) throw new TypeError(`${owner}: \`jwks\` needs \`algorithms\`, those that the provider signs with`)
  requireKeyPairs(owner, algorithms, '`jwks`')
  if (typeof jwks === 'string' || jwks instanceof URL)
    return remoteKeySetSource(keyServerAddress(owner, jwks), algorithms)
  const problem = keySetProblem(jwks) ?? writtenKeySetProblem(jwks as JSONWebKeySet)
  if (problem) throw new TypeError(`${owner}: \`jwks\` ${problem}; or give its address`)
  return keySetSource(jwks as JSONWebKeySet, algorithms)
}

/** No shared secret beside public keys: whoever reads those could sign (RFC 8725 2.1). */
function requireKeyPairs(owner: string, algorithms: readonly JwtAlgorithm[], beside: string): void {
  if (!algorithms.some(isHmac)) return
  throw new TypeError(
    `${owner}: \`algorithms\` must be of key pairs beside ${beside} (${keyPairAlgorithms.join(', ')})`,
  )
}

/**
 * Only the one who answers `https:` is who it says; on this machine's own loopback `http:` will do. `fetch` refuses an address
 * with credentials in it.
 */
function keyServerAddress(owner: string, address: string | URL): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined
  const isLoopback = url !== undefined && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname)
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback)
  if (isSafe && !url.username && !url.password) return url
  throw new TypeError(`${owner}: \`jwks\` must be an https address (http on loopback only), without credentials`)
}
