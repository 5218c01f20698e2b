import { base64url, type JSONWebKeySet, type JWK } from 'jose'

import { keyPairAlgorithms, type KeyPairAlgorithm } from './algorithms.ts'

const MIN_RSA_BITS = 2048
const MAX_KID_LENGTH = 256
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'priv', 'k']

/** The `kty` and `crv` that an algorithm needs. */
const KEY_TYPES: Readonly<Record<string, { kty: string; crv?: string }>> = {
  RS: { kty: 'RSA' },
  PS: { kty: 'RSA' },
  ES256: { kty: 'EC', crv: 'P-256' },
  ES384: { kty: 'EC', crv: 'P-384' },
  ES512: { kty: 'EC', crv: 'P-521' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
  Ed25519: { kty: 'OKP', crv: 'Ed25519' },
}

/** A key set to publish, with public keys only (RFC 7517 5). */
export interface PublicKeySet {
  keys: NamedJwk[]
}

/** A JWK that has `alg` and `kid`. */
export interface NamedJwk extends JWK {
  alg: KeyPairAlgorithm
  kid: string
}

/** Whether a `kid` is valid: a string of 1 to 256 characters. It is only ever compared. */
export const isKid = (kid: unknown): kid is string =>
  typeof kid === 'string' && kid.length > 0 && kid.length <= MAX_KID_LENGTH

/**
 * Returns why a configured JWK cannot sign or verify, as the end of a sentence; undefined if it can (RFC 7517 4, RFC 7518
 * 3.3). The text never shows a member's value.
 */
export function jwkProblem(jwk: unknown, purpose: 'sign' | 'verify'): string | undefined {
  if (!isJwk(jwk)) return 'must be a JWK, an object with `kty`'
  if (jwk.kty === 'oct') return 'is a shared secret (`kty: oct`); pass a shared secret as `passphrase`'
  const { alg, use, key_ops: operations } = jwk
  if (!isKeyPairAlgorithm(alg)) return `must have an \`alg\`, one of ${keyPairAlgorithms.join(', ')}`
  if (!isKid(jwk.kid)) return 'must have a `kid`, a string of at most 256 characters'
  const type = KEY_TYPES[alg] ?? KEY_TYPES[alg.slice(0, 2)]
  if (jwk.kty !== type?.kty || jwk.crv !== type.crv) return `must be a key that ${alg} can use`
  if (use !== undefined && use !== 'sig') return "must have `use: 'sig'`, or no `use`"
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes(purpose)))
    return `must have \`key_ops\` with '${purpose}', or no \`key_ops\``
  if (jwk.kty === 'RSA' && rsaBits(jwk) < MIN_RSA_BITS) return 'must be an RSA key of 2048 bits or more (RFC 7518 3.3)'
  if (purpose === 'sign' && jwk.d === undefined) return 'must be a private key, with `d`'
  if (purpose === 'verify' && hasPrivateMember(jwk)) return 'must be a public key; remove the private members'
  return undefined
}

/** Returns why a key set cannot be used, as the end of a sentence; undefined if it can. */
export function keySetProblem(set: unknown): string | undefined {
  const keys = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : undefined
  if (!Array.isArray(keys) || !keys.every(isJwk)) return 'must be a key set, an object with an array `keys`'
  if (keys.some((jwk) => jwk.kty === 'oct' || hasPrivateMember(jwk))) return 'must have public keys only'
  const kids = keys.map((jwk) => jwk.kid).filter((kid) => kid !== undefined)
  if (new Set(kids).size < kids.length) return 'must not have the same `kid` twice'
  return undefined
}

/** The same for a key set of the configuration; a fetched set is not held to this (RFC 7518 3.3). */
export function configuredKeySetProblem({ keys }: JSONWebKeySet): string | undefined {
  if (keys.length === 0) return 'must have a key'
  if (keys.some((jwk) => jwk.kty === 'RSA' && rsaBits(jwk) < MIN_RSA_BITS))
    return 'must have only RSA keys of 2048 bits or more (RFC 7518 3.3)'
  return undefined
}

/** Returns the public half of a configured key, as a key set publishes it. */
export function publicHalf({ kty, crv, x, y, n, e, alg, kid }: NamedJwk): NamedJwk {
  const members = Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined)
  return { ...Object.fromEntries(members), alg, kid, use: 'sig' }
}

const isJwk = (jwk: unknown): jwk is JWK & { kty: string } =>
  typeof jwk === 'object' && jwk !== null && 'kty' in jwk && typeof jwk.kty === 'string'

const isKeyPairAlgorithm = (alg: unknown): alg is KeyPairAlgorithm =>
  (keyPairAlgorithms as readonly unknown[]).includes(alg)

const hasPrivateMember = (jwk: JWK): boolean => PRIVATE_MEMBERS.some((name) => name in jwk)

function rsaBits({ n }: JWK): number {
  try {
    const digits = Array.from(base64url.decode(String(n)), (byte) => byte.toString(2).padStart(8, '0'))
    return digits.join('').replace(/^0+/, '').length
  } catch {
    return 0
  }
}
