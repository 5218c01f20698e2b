import { randomBytes } from 'node:crypto'

import { createJwtTrivial, type Duration, type Retfunc } from 'trpc-jwt-trivial'
import * as z from 'zod'

import { createSignInLimit } from './sign-in-limit.ts'
import { openStore } from './store.ts'
import { checkPassword, findUser, type User } from './users.ts'

/** In development, a random passphrase is enough: tokens become invalid at the next start. Production needs a fixed one. */
function passphrase(): string | undefined {
  const { JWT_PASSPHRASE, NODE_ENV } = process.env
  if (JWT_PASSPHRASE !== undefined || NODE_ENV === 'production') return JWT_PASSPHRASE
  return randomBytes(48).toString('base64')
}

const { store, close } = await openStore()

/** Closes the connection to the session store, so that the program can end. */
export const closeStore = close

const claimsOf = (user: User | undefined) => user && { sub: user.id, name: user.name, scope: user.scope }

const limitSignIn = createSignInLimit()
const ownPassphrase = passphrase()

/** The options in which two instances may differ. */
interface JwtOptions {
  expiresIn?: Duration
  retfunc?: Retfunc
}

/** Instances share the passphrase and the sessions, so each accepts the tokens of the others. Most apps need only one. */
export const createJwt = (options: JwtOptions = {}) =>
  createJwtTrivial({
    passphrase: ownPassphrase,
    claims: z.object({ sub: z.string(), name: z.string(), scope: z.string() }),
    credentials: z.object({ email: z.email().toLowerCase(), password: z.string() }),
    authorise: async ({ input }) => claimsOf(await limitSignIn(input.email, () => checkPassword(input))),
    sessions: {
      store,
      reauthorise: ({ sub }) => claimsOf(findUser(sub)), // a scope that was removed is gone after the next refresh
      grace: 1, // second, so that the tour does not wait long; keep the default of 10 in your app
    },
    ...options,
  })

export const jwt = createJwt()
