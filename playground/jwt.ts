import { randomBytes } from 'node:crypto'

import { createJwtTrivial, type Duration, type Retfunc } from 'trpc-jwt-trivial'
import * as z from 'zod'

import { createSignInLimit } from './sign-in-limit.ts'
import { openStore } from './store.ts'
import { checkPassword, findUser, type User } from './users.ts'

/** Tokens last as long as their passphrase: one made up at start-up will do while you develop, and nowhere else. */
function passphrase(): string | undefined {
  const { JWT_PASSPHRASE, NODE_ENV } = process.env
  if (JWT_PASSPHRASE !== undefined || NODE_ENV === 'production') return JWT_PASSPHRASE
  return randomBytes(48).toString('base64')
}

const { store, close } = await openStore()

/** Lets go of the session store, for a program that is to end. */
export const closeStore = close

const claimsOf = (user: User | undefined) => user && { sub: user.id, name: user.name, scope: user.scope }

const limitSignIn = createSignInLimit()
const ownPassphrase = passphrase()

/** What one instance does unlike another. */
interface JwtOptions {
  expiresIn?: Duration
  retfunc?: Retfunc
}

/** Instances share passphrase and sessions, so that each accepts what another issued. One is enough for most apps. */
export const createJwt = (options: JwtOptions = {}) =>
  createJwtTrivial({
    passphrase: ownPassphrase,
    claims: z.object({ sub: z.string(), name: z.string(), scope: z.string() }),
    credentials: z.object({ email: z.email().toLowerCase(), password: z.string() }),
    authorise: async ({ input }) => claimsOf(await limitSignIn(input.email, () => checkPassword(input))),
    sessions: {
      store,
      reauthorise: ({ sub }) => claimsOf(findUser(sub)), // a scope that was taken away is gone at the next refresh
      grace: 1, // seconds, so that the tour need not wait for long: leave the 10 of the default
    },
    ...options,
  })

export const jwt = createJwt()
