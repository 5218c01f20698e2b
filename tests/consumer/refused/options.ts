import { assertProtected, createJwtTrivial, createJwtVerifier, JwtRejection } from 'trpc-jwt-trivial'

import { appRouter, claims, credentials, jwt, passphrase } from './server.ts'

const good = { passphrase, claims, credentials, authorise: () => null }

// refused: 'leeway' does not exist
export const unknownOption = createJwtTrivial({ ...good, leeway: 5 })

// refused: '"none"' is not assignable
export const noAlgorithm = createJwtTrivial({ ...good, algorithm: 'none' })

// refused: '"15 minutes"' is not assignable
export const badDuration = createJwtTrivial({ ...good, expiresIn: '15 minutes' })

// refused: 'authorise' does not exist
export const verifierThatIssues = createJwtVerifier({ passphrase, authorise: () => null })

// refused: 'optional' does not exist in type 'ProtectOptions'
export const optionalWithScope = jwt.protect({ optional: true, scope: 'posts:write' })

// refused: 'string[]' is not assignable to type 'Duration | undefined'
export const badMaxAge = jwt.protect({ maxAge: ['5m'] })

// refused: Property 'role' is missing
export const tokenWithoutRole = jwt.createAccessToken({ sub: 'ann' })

// refused: Expected 2 arguments, but got 1
export const nobodyNamed = assertProtected(appRouter)

// refused: have no overlap
export const misspelt = new JwtRejection('expired').reason === 'exprired'

// refused: Property 'endSession' does not exist
export const nothingToEnd = jwt.endSession('sid')

// refused: Property 'refresh' does not exist
export const nothingToRenew = appRouter.token.refresh
