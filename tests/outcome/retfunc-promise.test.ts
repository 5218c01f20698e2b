import { setTimeout as sleep } from 'node:timers/promises'

import { initTRPC, TRPCError } from '@trpc/server'
import type { Outcome, Retfunc } from 'trpc-jwt-trivial'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { createApi, PASSWORD } from '../support/api.ts'
import { mint } from '../support/mint.ts'
import { sendRaw } from '../support/raw.ts'
import { serve } from '../support/serve.ts'
import { createSessionApi } from '../support/session-api.ts'

const FIX = 'retfunc returned a promise; make it synchronous, and start slow work in it without waiting'
const SECRET = 'the log server is at 10.1.2.3'

const unhandled: unknown[] = []
const note = (reason: unknown) => void unhandled.push(reason)
beforeEach(() => void process.on('unhandledRejection', note))
afterEach(() => void process.off('unhandledRejection', note))

/** A promise of another library. */
const thenable = (then: (resolve: () => void, reject: (error: unknown) => void) => void) =>
  Object.fromEntries(['then'].map((name) => [name, then]))

const throwing = () => {
  throw new Error(SECRET)
}

/** As JavaScript may write it; the types refuse it. */
const untyped = (retfunc: (outcome: Outcome) => unknown) => retfunc as Retfunc

const signIn = (password: string) => ({ method: 'POST', body: JSON.stringify({ name: 'ann', password }) })

/** Serves an API with such a `retfunc`, and gives what clients get of it and what `onError` does. */
async function serveWith(retfunc: (outcome: Outcome) => unknown) {
  const { jwt, appRouter } = createApi({ retfunc: untyped(retfunc) })
  const errors: TRPCError[] = []
  const url = await serve(appRouter, { ...jwt, onError: ({ error }) => void errors.push(error) })
  return {
    errors,
    send: () =>
      Promise.all([
        sendRaw(`${url}/private`, []),
        sendRaw(`${url}/private`, ['Authorization: Bearer x']),
        sendRaw(`${url}/private`, [`Authorization: Bearer ${mint()}`]),
        sendRaw(`${url}/token.create`, [], signIn('guess')),
        sendRaw(`${url}/token.create`, [], signIn(PASSWORD)),
      ]),
  }
}

describe('a retfunc that returns a promise', () => {
  test.each<[string, () => unknown]>([
    ['that rejects', () => Promise.reject(new Error(SECRET))],
    ['that rejects later', () => sleep(5).then(() => Promise.reject(new Error(SECRET)))],
    ['that resolves', () => Promise.resolve()],
    ['of an error to send', () => Promise.resolve(new TRPCError({ code: 'NOT_FOUND' }))],
    ['that never settles', () => new Promise(() => {})],
    ['of another kind, that rejects', () => thenable((_, reject) => reject(SECRET))],
    ['of another kind, that throws', () => thenable(throwing)],
  ])(
    '%s, ends each call in INTERNAL_SERVER_ERROR; onError gets the fix, and nothing is unhandled',
    async (_, answer) => {
      const { send, errors } = await serveWith(answer)
      const responses = await send()
      await sleep(20)

      expect(responses.map(({ status }) => status)).toEqual([500, 500, 500, 500, 500])
      expect(responses.every(({ body }) => body.includes('"message":"retfunc failed"'))).toBe(true)
      expect(JSON.stringify(responses)).not.toMatch(/promise|10\.1\.2\.3/)
      expect(errors).toHaveLength(5)
      expect(errors.map(({ message, cause }) => [message, cause?.message])).toEqual(
        errors.map(() => ['retfunc failed', FIX]),
      )
      expect(unhandled.splice(0)).toEqual([])
    },
  )

  test('lets nobody in: the protected procedure does not run', async () => {
    let ran = 0
    const { jwt } = createApi({ retfunc: untyped(async () => {}) })
    const guarded = jwt.protectedProcedure.query(() => (ran += 1))
    const router = initTRPC.context<typeof jwt.createContext>().create().router({ guarded })
    const ctx = jwt.createContext({ headers: { authorization: `Bearer ${mint()}` } })

    await expect(router.createCaller(ctx).guarded()).rejects.toThrow('retfunc failed')
    expect(ran).toBe(0)
  })

  test('does so outside of calls too: verify, createAccessToken, endSession, endSessions', async () => {
    const { jwt } = createApi({ retfunc: untyped(() => Promise.reject(new Error(SECRET))) })
    const sessions = createSessionApi({ jwt: { retfunc: untyped(() => Promise.reject(new Error(SECRET))) } }).jwt
    const failed = { code: 'INTERNAL_SERVER_ERROR', message: 'retfunc failed', cause: { message: FIX } }

    await expect(jwt.verify('x')).rejects.toMatchObject(failed)
    await expect(jwt.verify(mint())).rejects.toMatchObject(failed)
    await expect(jwt.createAccessToken({})).rejects.toMatchObject(failed)
    await expect(sessions.endSession('x')).rejects.toMatchObject(failed)
    await expect(sessions.endSessions('ann')).rejects.toMatchObject(failed)
    await sleep(20)
    expect(unhandled.splice(0)).toEqual([])
  })
})

test('a retfunc that throws gets a stack that says no more than its text', async () => {
  const { send, errors } = await serveWith(throwing)
  await send()

  expect(errors.map(({ stack }) => stack)).toEqual(Array(5).fill('TRPCError: retfunc failed'))
})
