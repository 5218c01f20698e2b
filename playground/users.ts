import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/** A user, as the claims of a token describe one. */
export interface User {
  id: string
  name: string
  scope: string
}

/** What a user signs in with. */
export interface Credentials {
  email: string
  password: string
}

interface Account extends User {
  salt: Buffer
  hash: Buffer
}

/** The cost of checking, and of guessing, a password: 16 MiB and a few tenths of a second. */
const COST = { N: 2 ** 14, r: 8, p: 5 }

const accounts = new Map<string, Account>()
const nobody = { salt: randomBytes(16), hash: randomBytes(32) }

export async function addUser(user: User, { email, password }: Credentials): Promise<void> {
  const salt = randomBytes(16)
  accounts.set(email, { ...user, salt, hash: await derive(password, salt) })
}

export const findUser = (id: string): User | undefined => [...accounts.values()].find((user) => user.id === id)

/** Takes as long for an unknown address as for a wrong password, so the response time tells nobody who has an account. */
export async function checkPassword({ email, password }: Credentials): Promise<User | undefined> {
  const account = accounts.get(email)
  const { salt, hash } = account ?? nobody
  return timingSafeEqual(await derive(password, salt), hash) ? account : undefined
}

const derive = (password: string, salt: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(password, salt, 32, COST, (error, hash) => (error ? reject(error) : resolve(hash)))
  })
