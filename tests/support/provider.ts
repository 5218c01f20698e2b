import { createJwtVerifier, type JwtVerifier, type JwtVerifierOptions } from 'trpc-jwt-trivial'

import { call, refusalOf, type Refusal } from './call.ts'
import { AUDIENCE, ISSUER } from './signer.ts'

/** A verifier of the tokens of those whose key set is at an address, or given. */
export const verifierOf = (jwks: JwtVerifierOptions['jwks'], options: Partial<JwtVerifierOptions> = {}): JwtVerifier =>
  createJwtVerifier({ jwks, issuer: ISSUER, audience: AUDIENCE, algorithms: ['ES256'], ...options })

/** The refusal of one call. */
export const refusedBy = (jwt: JwtVerifier, token: string): Promise<Refusal> => refusalOf(call(jwt, token))

/** The refusal of those whose keys cannot be had. */
export const unavailable: Refusal = {
  reason: 'unavailable',
  code: 'SERVICE_UNAVAILABLE',
  message: 'Service unavailable',
}
