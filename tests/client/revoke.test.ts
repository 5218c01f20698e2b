import type { AnyTRPCRouter } from '@trpc/server'
import { observable } from '@trpc/server/observable'
import { createTRPCClient, type TRPCLink } from '@trpc/client'
import { createSession } from 'trpc-jwt-trivial/client'
import { expect, test } from 'vitest'

import { asyncStorage } from '../support/async-storage.ts'
import { ANN, BOB, signedIn, STORAGE_KEY, type ClientRouter } from '../support/client-api.ts'
import { passTime } from '../support/later.ts'

test('revoke sends the refresh token, so the session ends even if the access token has expired', async () => {
  const { client, api, session } = await signedIn()
  passTime(3_600)
  await client.token.revoke.mutate()

  expect([api.store.size, session.signedIn]).toEqual([0, false])
})

test('revoke forgets the tokens even if the call fails', async () => {
  const { client, api, session } = await signedIn()
  api.store.end = () => Promise.reject(new Error('down'))

  await expect(client.token.revoke.mutate()).rejects.toMatchObject({ message: 'Service unavailable' })
  expect([session.signedIn, session.claims]).toEqual([false, null])
})

/** A server that signs anybody in, and answers a revocation when the test says so. */
function slowToRevoke() {
  let answer!: () => void
  const link: TRPCLink<AnyTRPCRouter> =
    () =>
    ({ op }) =>
      observable((observer) => {
        const data = op.path === 'token.create' && { token: (op.input as { name: string }).name, expiresIn: 900 }
        const settle = () => {
          observer.next({ result: { data } })
          observer.complete()
        }
        if (op.path === 'token.revoke') answer = settle
        else settle()
      })
  return { link, answer: () => answer() }
}

test('a revocation that is answered late does not sign out a user who has signed in meanwhile', async () => {
  const { link, answer } = slowToRevoke()
  const session = createSession()
  const client = createTRPCClient<ClientRouter>({ links: [session.link(), link as TRPCLink<ClientRouter>] })
  await client.token.create.mutate(ANN)
  const revoking = client.token.revoke.mutate()
  await client.token.create.mutate(BOB)
  answer()
  await revoking

  expect(await session.headers()).toEqual({ authorization: 'Bearer bob' })
})

test('a revocation that fails settles after a slow storage has kept the sign-out: the app may reload the page', async () => {
  const storage = asyncStorage()
  const { client, api } = await signedIn({ storage })
  api.store.end = () => Promise.reject(new Error('down'))
  storage.waitMs = 100

  await expect(client.token.revoke.mutate()).rejects.toThrow('Service unavailable')
  expect(storage.entries.get(STORAGE_KEY)).not.toContain('"token"')
})
