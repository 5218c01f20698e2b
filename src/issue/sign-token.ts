import type { StandardSchemaV1 } from '@standard-schema/spec'
import { base64url, SignJWT, type JWTPayload } from 'jose'

import { MAX_TOKEN_LENGTH } from '../bearer/parse-bearer.ts'
import type { SigningKey } from '../keys/key-source.ts'
import type { ExpectedClaims } from '../schema/expected-claims.ts'
import type { TokenType } from '../verify/verify-token.ts'

/** What issuing depends on. */
export interface IssueConfig extends ExpectedClaims {
  readonly signingKey: SigningKey
  /** The lifetime of an access token; `null` if it never expires. */
  readonly expiresInSeconds: number | null
  readonly claims: StandardSchemaV1 | undefined
  /** Returns the current time, in seconds since 1970. */
  readonly nowSeconds: () => number
}

/** A token just signed. */
export interface SignedToken {
  readonly token: string
  readonly payload: JWTPayload
}

/**
 * Adds `iss` and `jti` to claims, and signs them.
 *
 * @throws {TypeError} if the token is too long to be accepted
 */
export async function signToken(claims: JWTPayload, typ: TokenType, config: IssueConfig): Promise<SignedToken> {
  const { algorithm, kid } = config.signingKey
  const payload = { ...claims, ...(config.issuer !== undefined && { iss: config.issuer }), jti: randomId() }
  const token = await new SignJWT(payload)
    .setProtectedHeader({ alg: algorithm, typ, ...(kid !== undefined && { kid }) })
    .sign(await config.signingKey.import())
  if (token.length > MAX_TOKEN_LENGTH) {
    throw new TypeError(
      `The claims of a token make it ${token.length} characters long; the limit is ${MAX_TOKEN_LENGTH}.`,
    )
  }
  return { token, payload }
}

/** Returns 128 random bits. */
export const randomId = (): string => base64url.encode(crypto.getRandomValues(new Uint8Array(16)))
