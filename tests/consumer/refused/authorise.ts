import { createJwtTrivial, memorySessions } from 'trpc-jwt-trivial'

import { claims, credentials, passphrase } from './server.ts'

export const wrongRole = createJwtTrivial({
  passphrase,
  claims,
  // refused: '"owner"' is not assignable to type '"reader" | "writer"'
  authorise: () => ({ sub: 'ann', role: 'owner' }),
})

export const wrongRoleLater = createJwtTrivial({
  passphrase,
  claims,
  credentials,
  // refused: '"owner"' is not assignable to type '"reader" | "writer"'
  authorise: async ({ input }) => input.email === 'ann@example.org' && { sub: 'ann', role: 'owner' },
})

export const missingClaim = createJwtTrivial({
  passphrase,
  claims,
  // refused: Property 'role' is missing
  authorise: () => ({ sub: 'ann' }),
})

export const subjectThatIsNoText = createJwtTrivial({
  passphrase,
  claims,
  // refused: 'number' is not assignable to type 'string'
  authorise: () => ({ sub: 1, role: 'reader' }),
})

export const text = createJwtTrivial({
  passphrase,
  claims,
  // refused: is not assignable to type 'MaybePromise<ClaimsFor<
  authorise: () => 'yes',
})

export const trueWhereClaimsAreDue = createJwtTrivial({
  passphrase,
  claims,
  // refused: 'true' is not assignable to type 'MaybePromise<ClaimsFor<
  authorise: () => true,
})

export const unknownCredential = createJwtTrivial({
  passphrase,
  claims,
  credentials,
  // refused: Property 'password' does not exist
  authorise: ({ input }) => input.password === '' && { sub: 'ann', role: 'reader' },
})

export const wrongRoleAtRenewal = createJwtTrivial({
  passphrase,
  claims,
  authorise: () => ({ sub: 'ann', role: 'reader' }),
  // refused: '"owner"' is not assignable to type '"reader" | "writer"'
  sessions: { store: memorySessions(), reauthorise: () => ({ sub: 'ann', role: 'owner' }) },
})

export const noReauthorise = createJwtTrivial({
  passphrase,
  authorise: () => true,
  // refused: Property 'reauthorise' is missing
  sessions: { store: memorySessions() },
})
