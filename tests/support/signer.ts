import { exportJWK, generateKeyPair, SignJWT, type JWK, type JWTPayload } from 'jose'
import type { KeyPairAlgorithm, NamedJwk } from 'trpc-jwt-trivial'

/** One who signs tokens with a key pair of its own, as an identity provider does. */
export interface Signer {
  readonly privateJwk: NamedJwk
  readonly publicJwk: NamedJwk
  /** Signs a good access token's claims with whatever is put on top of them; `undefined` takes a claim or header away. */
  sign(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>
}

export const ISSUER = 'https://issuer.example'
export const AUDIENCE = 'https://api.example'

/** Makes a key pair. */
export async function createSigner(kid: string, alg: KeyPairAlgorithm = 'ES256'): Promise<Signer> {
  const pair = await generateKeyPair(alg, { extractable: true })
  const [privateHalf, publicHalf] = await Promise.all([exportJWK(pair.privateKey), exportJWK(pair.publicKey)])
  return {
    privateJwk: { ...privateHalf, alg, kid },
    publicJwk: { ...publicHalf, alg, kid, use: 'sig' },
    sign: (claims = {}, header = {}) => sign(privateHalf, claims, { alg, kid, typ: 'at+jwt', ...header }),
  }
}

function sign(key: JWK, claims: Record<string, unknown>, header: Record<string, unknown>): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const payload: JWTPayload = { iss: ISSUER, aud: AUDIENCE, sub: 'ann', iat: now, exp: now + 3600, ...claims }
  return new SignJWT(payload).setProtectedHeader(header as { alg: string }).sign({ ...key })
}
