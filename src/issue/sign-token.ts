import type { StandardSchemaV1 } from '@standard-schema/spec'
import { base64url, SignJWT, type JWTPayload } from 'jose'

import { MAX_TOKEN_LENGTH } from '../bearer/parse-bearer.ts'
import type { UntypedClaims } from '../verify/claims.ts'
import type { SigningKey } from '../keys/algorithms.ts'
import type { ExpectedClaims } from '../schema/expected-claims.ts'
import { REFRESH_AUDIENCE } from './refresh-token.ts'
import type { TokenType } from '../verify/verify-token.ts'

/** What issuing depends on. */
export interface IssueConfig extends ExpectedClaims {
  readonly signingKey: SigningKey
  /** How long an access token lives, in seconds; `null`: for ever. */
  readonly expiresIn: number | null
  readonly claims: StandardSchemaV1 | undefined
  readonly now: () => number
}

/** The session that a token belongs to. */
export interface TokenSession {
  readonly sub: string
  readonly sid: string
  /** When the user signed in, in seconds since 1970. */
  readonly authTime: number
  /** When it ends, in seconds since 1970: no token outlives it. */
  readonly endsAt: number
}

/** A token just signed. */
export interface SignedToken {
  readonly token: string
  readonly payload: JWTPayload
}

/**
 * Signs an access token of prepared claims (RFC 9068 2.2).
 *
 * @throws {TypeError} where they make it too long to be accepted
 */
export async function issueAccessToken(
  own: UntypedClaims,
  config: IssueConfig,
  session?: TokenSession,
): Promise<SignedToken> {
  const { audience, expiresIn } = config
  const iat = Math.floor(config.now())
  const exp = Math.min(iat + (expiresIn ?? Number.POSITIVE_INFINITY), session?.endsAt ?? Number.POSITIVE_INFINITY)
  return sign(
    {
      ...own,
      ...(audience && { aud: audience.length === 1 ? (audience[0] as string) : [...audience] }),
      ...(Number.isFinite(exp) && { exp }),
      ...(session && { sid: session.sid }),
      iat,
      auth_time: session?.authTime ?? iat,
    },
    { config, typ: 'at+jwt' },
  )
}

/** Signs a refresh token: of no use but to `token.refresh` and `token.revoke`, and without any claim of the app's. */
export async function issueRefreshToken(
  { sub, sid, authTime, endsAt }: TokenSession,
  generation: number,
  config: IssueConfig,
): Promise<SignedToken> {
  const iat = Math.floor(config.now())
  return sign(
    { sub, aud: REFRESH_AUDIENCE, sid, generation, iat, auth_time: authTime, exp: endsAt },
    { config, typ: 'rt+jwt' },
  )
}

async function sign(
  claims: JWTPayload,
  { config, typ }: { config: IssueConfig; typ: TokenType },
): Promise<SignedToken> {
  const { algorithm, kid } = config.signingKey
  const payload = { ...claims, ...(config.issuer !== undefined && { iss: config.issuer }), jti: randomId() }
  const token = await new SignJWT(payload)
    .setProtectedHeader({ alg: algorithm, typ, ...(kid !== undefined && { kid }) })
    .sign(await config.signingKey.import())
  if (token.length > MAX_TOKEN_LENGTH) {
    throw new TypeError(`The claims make a token of ${token.length} characters, over ${MAX_TOKEN_LENGTH}.`)
  }
  return { token, payload }
}

/** 128 random bits. */
export const randomId = (): string => base64url.encode(crypto.getRandomValues(new Uint8Array(16)))
