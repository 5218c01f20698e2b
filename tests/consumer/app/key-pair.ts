import { initTRPC } from '@trpc/server'
import { createJwtTrivial, createJwtVerifier, type BearerContext } from 'trpc-jwt-trivial'

const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
const jwk = await crypto.subtle.exportKey('jwk', pair.privateKey)

export const issuer = createJwtTrivial({
  privateKey: { ...jwk, alg: 'ES256', kid: 'one' },
  issuer: 'https://issuer.example',
  audience: 'resource',
  authorise: () => true,
})

/** A service that knows the issuer's public keys only. */
export const resource = createJwtVerifier({
  jwks: issuer.jwks(),
  issuer: 'https://issuer.example',
  audience: 'resource',
  algorithms: ['ES256'],
})

const t = initTRPC.context<BearerContext>().create()
export const pairRouter = t.router({ whoami: resource.protectedProcedure.query(({ ctx }) => ctx.jwt.sub) })
export type PairRouter = typeof pairRouter
