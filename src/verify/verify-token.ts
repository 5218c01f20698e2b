import type { StandardSchemaV1 } from '@standard-schema/spec'
import {
  base64url,
  compactVerify,
  errors,
  type CompactJWSHeaderParameters,
  type CryptoKey,
  type JWTPayload,
} from 'jose'

import { MAX_TOKEN_LENGTH } from '../bearer/parse-bearer.ts'
import { isCanonicalJwt } from './token-shape.ts'
import { isKid } from '../keys/jwk.ts'
import type { KeySource } from '../keys/algorithms.ts'
import type { ExpectedClaims } from '../schema/expected-claims.ts'
import { JwtRejection } from '../outcome/rejection.ts'

/** How far ahead an `iat` may be, in seconds, whatever the clock tolerance. */
const IAT_AHEAD = 5
/** Strict where jose is lenient: a byte order mark or broken UTF-8 is no JSON (RFC 7515 5.2). */
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** What verification depends on. */
export interface VerifyConfig extends ExpectedClaims {
  readonly keys: KeySource
  readonly claims: StandardSchemaV1 | undefined
  /** In seconds. */
  readonly clockTolerance: number
  /** Whether tokens without `exp` are accepted. */
  readonly neverExpires: boolean
  /** How many verified tokens are remembered. */
  readonly verifiedTokens: number
  /** The time, in seconds since 1970. */
  readonly now: () => number
}

/** The kinds of token, as their header's `typ` names them (RFC 9068 2.1, RFC 8725 3.11). */
export type TokenType = 'at+jwt' | 'rt+jwt'

/**
 * Shape, header, signature: what can be said of a token's text once and for all. Gives the payload.
 *
 * @throws {JwtRejection} `malformed`, `wrong_type`, `bad_signature`, `unavailable`
 */
export async function verifyToken(token: unknown, keys: KeySource, type?: TokenType): Promise<JWTPayload> {
  return parseObject(await verifySignature(token, keys, type))
}

/**
 * The bytes that a signature vouches for. Tests of published examples, whose payloads are no claims, call this: with
 * `passphraseSource` for shared secrets and `keySetSource` for public keys.
 */
export async function verifySignature(
  token: unknown,
  keys: KeySource,
  type: TokenType = 'at+jwt',
): Promise<Uint8Array> {
  if (typeof token !== 'string' || token.length > MAX_TOKEN_LENGTH) throw new JwtRejection('malformed')
  if (!isCanonicalJwt(token)) throw new JwtRejection('malformed')
  const header = parseObject(base64url.decode(token.slice(0, token.indexOf('.'))))
  checkHeader(header, keys.algorithms)
  if (!isOfType(header['typ'], type)) throw new JwtRejection('wrong_type')
  return verifyWithKeys(token, header, await keys.find(header))
}

/** The header never chooses: it must name an algorithm that the configuration accepts (RFC 8725 3.1). */
function checkHeader(
  header: Record<string, unknown>,
  algorithms: ReadonlySet<string>,
): asserts header is CompactJWSHeaderParameters & { alg: string } {
  if (typeof header['alg'] !== 'string' || !algorithms.has(header['alg'])) throw new JwtRejection('malformed')
  if ('crit' in header || 'b64' in header) throw new JwtRejection('malformed')
  if ('kid' in header && !isKid(header['kid'])) throw new JwtRejection('malformed')
}

/**
 * RFC 7515 4.1.9 lets `application/` be left out; types are compared without regard to case. An access token may say less:
 * `JWT`, or nothing.
 */
function isOfType(typ: unknown, type: TokenType): boolean {
  if (typ === undefined) return type === 'at+jwt'
  const name = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : undefined
  return name === type || (name === 'jwt' && type === 'at+jwt')
}

async function verifyWithKeys(
  token: string,
  { alg }: { alg: string },
  keys: readonly CryptoKey[],
): Promise<Uint8Array> {
  for (const key of keys) {
    try {
      return (await compactVerify(token, key, { algorithms: [alg] })).payload
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw new JwtRejection('malformed')
    }
  }
  throw new JwtRejection('bad_signature')
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(strictUtf8.decode(bytes))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {}
  throw new JwtRejection('malformed')
}

/** `exp`, `nbf`, `iat` (RFC 7519 4.1.4 to 4.1.6). Each condition says when the token is good: a broken clock refuses. */
export function checkTimes(payload: JWTPayload, config: VerifyConfig): void {
  const { exp, nbf, iat, auth_time } = payload
  if (![exp, nbf, iat, auth_time].every(isNumericDateOrAbsent)) throw new JwtRejection('invalid_claims')
  if (exp === undefined && !config.neverExpires) throw new JwtRejection('invalid_claims')
  const now = config.now()
  if (exp !== undefined && !(now < exp + config.clockTolerance)) throw new JwtRejection('expired')
  if (nbf !== undefined && !(now >= nbf - config.clockTolerance)) throw new JwtRejection('not_yet_valid')
  if (iat !== undefined && !(iat <= now + IAT_AHEAD)) throw new JwtRejection('not_yet_valid')
}

const isNumericDateOrAbsent = (value: unknown): boolean =>
  value === undefined || (typeof value === 'number' && Math.abs(value) < 2 ** 53)
