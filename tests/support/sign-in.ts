import { createTRPCClient, httpBatchLink, httpLink, TRPCClientError } from '@trpc/client'

import type { AppRouter } from '../../playground/app.ts'
import { addUser, type Credentials } from '../../playground/users.ts'

/** Nobody's password. */
export const WRONG = 'coffee at noon'

/** How a sign-in ends, in all that its caller sees of it: status, text, challenge, caching. */
export const SIGNED_IN = ['signed in', null, 'no-store']
export const NOT_AUTHORISED = ['401 UNAUTHORIZED: Not authorised', 'Bearer realm="trpc"', 'no-store']
export const TOO_MANY = ['429 TOO_MANY_REQUESTS: Too many attempts, try again later', null, 'no-store']

let accounts = 0

/** An account of the playground's that nobody has guessed at yet. */
export async function openAccount(): Promise<Credentials> {
  accounts += 1
  const credentials = { email: `user-${accounts}@example.org`, password: 'tea at four, as ever' }
  await addUser({ id: `u${accounts}`, name: 'A user', scope: 'notes:read' }, credentials)
  return credentials
}

export async function signIn(url: string, credentials: Credentials): Promise<unknown[]> {
  let headers = new Headers()
  const watching = async (address: URL | RequestInfo, init?: object) => {
    const response = await fetch(address, init)
    headers = response.headers
    return response
  }
  const client = createTRPCClient<AppRouter>({ links: [httpLink({ url, fetch: watching })] })
  const outcome = await outcomeOf(client.token.create.mutate(credentials))
  return [outcome, headers.get('www-authenticate'), headers.get('cache-control')]
}

/** Tries wrong passwords, one after the other. */
export async function guess(url: string, times: number, credentials: Credentials): Promise<unknown[]> {
  const outcomes = []
  for (let i = 0; i < times; i++) outcomes.push(await signIn(url, { ...credentials, password: `${WRONG} ${i}` }))
  return outcomes
}

/** Tries all passwords at once, in requests of so many, and counts the answers by their status. */
export async function guessAtOnce(url: string, maxItems: number, tried: { email: string; passwords: string[] }) {
  const client = createTRPCClient<AppRouter>({ links: [httpBatchLink({ url, maxItems })] })
  const calls = tried.passwords.map((password) => client.token.create.mutate({ email: tried.email, password }))
  const counts: Record<string, number> = {}
  for (const outcome of await Promise.all(calls.map(outcomeOf))) {
    const status = outcome.split(' ', 1).join()
    counts[status] = (counts[status] ?? 0) + 1
  }
  return counts
}

const outcomeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'signed in',
    (error: unknown) => {
      if (!(error instanceof TRPCClientError)) throw error
      const { data, message } = error as TRPCClientError<AppRouter>
      return `${data?.httpStatus} ${data?.code}: ${message}`
    },
  )
