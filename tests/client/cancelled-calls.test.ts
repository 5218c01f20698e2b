import { TRPCClientError } from '@trpc/client'
import { expect, test } from 'vitest'

import { asyncStorage } from '../support/async-storage.ts'
import { ANN, BOB, signedIn, sleep } from '../support/client-api.ts'
import { textOf } from '../support/client-errors.ts'
import { passTime } from '../support/later.ts'
import { collectUnhandledRejections } from '../support/unhandled-rejections.ts'

test('a call that is aborted while it waits for a renewal rejects at once, and is never sent', async () => {
  const { client, api, refreshes } = await signedIn()
  passTime(860)
  api.renewal.answer = () => sleep(300).then(() => true)
  const abort = new AbortController()
  const held = client.private.query(undefined, { signal: abort.signal })
  const other = client.private.query()
  await sleep(50)
  const abortedAt = performance.now()
  abort.abort()

  await expect(held).rejects.toBeInstanceOf(TRPCClientError)
  expect(performance.now() - abortedAt).toBeLessThan(150)
  expect(await other).toBe('Your token worked, ann.')
  expect([refreshes(), api.timesCalled('private')]).toEqual([1, 1])
})

test('aborting the call that began a renewal does not cancel the renewal for other calls', async () => {
  const { client, api, refreshes } = await signedIn()
  passTime(860)
  api.renewal.answer = () => sleep(200).then(() => true)
  const abort = new AbortController()
  const first = client.private.query(undefined, { signal: abort.signal })
  const second = client.private.query()
  await sleep(50)
  abort.abort()

  await expect(first).rejects.toBeInstanceOf(TRPCClientError)
  expect(await second).toBe('Your token worked, ann.')
  expect(refreshes()).toBe(1)
})

/** A session whose renewal is under way, until it is told how it ends. */
async function renewing() {
  const made = await signedIn()
  passTime(1_000)
  let answered: { resolve(answer: boolean): void; reject(error: Error): void } | undefined
  made.api.renewal.answer = () =>
    new Promise((resolve, reject) => {
      answered = { resolve, reject }
    })
  const waiting = made.client.private.query().catch(textOf)
  await expect.poll(() => answered).toBeDefined()
  return { ...made, waiting, resolve: () => answered?.resolve(true), reject: (error: Error) => answered?.reject(error) }
}

test('a call that was cancelled before it began does not wait for a renewal, and leaves no rejection unhandled if that fails', async () => {
  const { client, api, waiting, reject } = await renewing()
  const cancelled = client.double.query(2, { signal: AbortSignal.abort() })
  await expect(cancelled).rejects.toThrow('This operation was aborted')
  const unhandled = collectUnhandledRejections()
  reject(new Error('the database is down'))
  await waiting
  await sleep(20)

  expect([unhandled.length, api.timesCalled('double')]).toEqual([0, 0])
})

test('`token.revoke` forgets the tokens even if it is cancelled while it waits for a renewal', async () => {
  const { client, session, waiting, resolve } = await renewing()
  const controller = new AbortController()
  const revoking = client.token.revoke.mutate(undefined, { signal: controller.signal })
  controller.abort()
  await expect(revoking).rejects.toThrow(TRPCClientError)
  resolve()
  await waiting

  expect([session.signedIn, session.claims]).toEqual([false, null])
})

test('a sign-in that is cancelled beside another call of its batch signs nobody in, and its session is ended', async () => {
  const { client, session, api } = await signedIn()
  await session.signOut()
  api.signIn.until = () => sleep(50)
  const abort = new AbortController()
  const signIn = client.token.create.mutate(BOB, { signal: abort.signal }).catch(textOf)
  const other = client.whoami.mutate()
  await sleep(20)
  abort.abort()

  expect(await signIn).toBe('This operation was aborted')
  expect(await other).toBe('nobody')
  await expect.poll(() => api.timesCalled('token.revoke')).toBe(1)
  expect([session.signedIn, api.store.size]).toEqual([false, 1])
})

test('a sign-in that was cancelled before it began does not overtake another one', async () => {
  const { client, session } = await signedIn()
  const signIn = client.token.create.mutate(BOB)
  const cancelled = client.token.create.mutate(ANN, { signal: AbortSignal.abort() })

  await expect(cancelled).rejects.toThrow('This operation was aborted')
  await signIn
  expect(session.claims?.sub).toBe('bob')
})

test('a sign-in that is cancelled after it was sent signs nobody in, and its session is ended', async () => {
  const { client, session, api } = await signedIn()
  await session.signOut()
  const { size } = api.store
  api.signIn.until = () => sleep(50)
  const abort = new AbortController()
  const signIn = client.token.create.mutate(BOB, { signal: abort.signal }).catch(textOf)
  await sleep(20)
  abort.abort()

  expect(await signIn).toBe('This operation was aborted')
  await expect.poll(() => api.timesCalled('token.revoke')).toBe(1)
  await expect.poll(() => api.store.size).toBe(size)
  expect(session.signedIn).toBe(false)
})

test('a sign-in that is cancelled while a slow storage keeps it signs nobody in', async () => {
  const storage = asyncStorage()
  const { client, session, api } = await signedIn({ storage })
  await session.signOut()
  storage.waitMs = 50
  const abort = new AbortController()
  const signIn = client.token.create.mutate(BOB, { signal: abort.signal }).catch(textOf)
  await expect.poll(() => session.signedIn).toBe(true)
  abort.abort()

  expect(await signIn).toBe('This operation was aborted')
  await expect.poll(() => session.signedIn).toBe(false)
  await expect.poll(() => api.timesCalled('token.revoke')).toBe(1)
})
