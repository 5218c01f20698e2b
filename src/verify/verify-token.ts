import {
  base64url,
  compactVerify,
  errors,
  type CompactJWSHeaderParameters,
  type CryptoKey,
  type JWTPayload,
} from 'jose'

import { MAX_TOKEN_LENGTH } from '../bearer/parse-bearer.ts'
import { isKid } from '../keys/jwk.ts'
import type { KeySource } from '../keys/key-source.ts'
import { JwtRejection } from '../outcome/rejection.ts'
import { isCanonicalJwt } from './token-shape.ts'

/** Strict where jose is lenient: a byte order mark or invalid UTF-8 is not JSON (RFC 7515 5.2). */
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The kinds of token, as `typ` in their header names them (RFC 9068 2.1, RFC 8725 3.11). */
export type TokenType = 'at+jwt' | 'rt+jwt'

/**
 * Verifies the shape, the header and the signature of a token, and returns its payload. These do not change with time or
 * with the procedure. The claims are not checked.
 *
 * @throws {JwtRejection} `malformed`, `wrong_type`, `bad_signature`, `unavailable`
 */
export async function verifyToken(token: unknown, keys: KeySource, type?: TokenType): Promise<JWTPayload> {
  return parseObject(await verifySignature(token, keys, type))
}

/**
 * Verifies the signature of a token and returns the signed bytes. Tests of published examples, whose payloads are not claims,
 * call this with `passphraseSource` or `keySetSource`.
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
  return verifyWithKeys(token, header.alg, await keys.find(header))
}

/** The header must name an accepted algorithm; it never chooses one (RFC 8725 3.1). */
function checkHeader(
  header: Record<string, unknown>,
  algorithms: ReadonlySet<string>,
): asserts header is CompactJWSHeaderParameters & { alg: string } {
  if (typeof header['alg'] !== 'string' || !algorithms.has(header['alg'])) throw new JwtRejection('malformed')
  if ('crit' in header || 'b64' in header) throw new JwtRejection('malformed')
  if ('kid' in header && !isKid(header['kid'])) throw new JwtRejection('malformed')
}

/** `application/` may be left out (RFC 7515 4.1.9), and case is ignored. An access token may also have `JWT` or no `typ`. */
function isOfType(typ: unknown, type: TokenType): boolean {
  if (typ === undefined) return type === 'at+jwt'
  const name = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : undefined
  return name === type || (name === 'jwt' && type === 'at+jwt')
}

async function verifyWithKeys(token: string, algorithm: string, keys: readonly CryptoKey[]): Promise<Uint8Array> {
  for (const key of keys) {
    try {
      return (await compactVerify(token, key, { algorithms: [algorithm] })).payload
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
