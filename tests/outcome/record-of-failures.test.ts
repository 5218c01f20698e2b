import { createServer } from 'node:net'

import type { TRPCError } from '@trpc/server'
import { createJwtVerifier, type Outcome } from 'trpc-jwt-trivial'
import { describe, expect, test, vi } from 'vitest'

import { contextWith, callBehind, refusalOf } from '../support/call.ts'
import { listen } from '../support/endpoint.ts'
import { everyTextIn } from '../support/every-text.ts'
import { answering, startKeyServer } from '../support/key-server.ts'
import { mint } from '../support/mint.ts'
import { sendRaw } from '../support/raw.ts'
import { serve } from '../support/serve.ts'
import { createSessionApi } from '../support/session-api.ts'

const SECRET = 'password authentication failed for user postgres'

/** The errors of the outcomes that were rejected as unavailable. */
const errorsIn = (outcomes: Outcome[]): unknown[] =>
  outcomes.flatMap((outcome) =>
    outcome.type === 'rejected' && outcome.reason === 'unavailable' ? [outcome.error] : [],
  )

/** Serves an API with sessions, and gives also what `onError` got. */
async function serveWithErrors() {
  const api = createSessionApi()
  const errors: TRPCError[] = []
  const url = await serve(api.appRouter, { ...api.jwt, onError: ({ error }) => void errors.push(error) })
  const token = await api.jwt.createAccessToken({ sub: 'ann', role: 'reader' })
  const visit = () => sendRaw(`${url}/private`, [`Authorization: Bearer ${token}`])
  return { ...api, errors, token, visit }
}

describe('retfunc gets the error behind a rejection as unavailable:', () => {
  test('that of the store itself, which neither the client nor onError gets', async () => {
    const { store, outcomes, errors, visit } = await serveWithErrors()
    const failure = new Error(SECRET)
    vi.spyOn(store, 'isLive').mockRejectedValue(failure)
    const response = await visit()

    expect(errorsIn(outcomes)).toEqual([failure])
    expect(errorsIn(outcomes)[0]).toBe(failure)
    expect(response.status).toBe(503)
    expect(JSON.stringify(response)).not.toContain(SECRET)
    expect(errors).toHaveLength(1)
    expect(everyTextIn(errors).filter((text) => text.includes(SECRET))).toEqual([])
  })

  test('for each call of a batch, though the store is asked once', async () => {
    const { store, outcomes, jwt, token, appRouter } = await serveWithErrors()
    const failure = new Error(SECRET)
    const isLive = vi.spyOn(store, 'isLive').mockRejectedValue(failure)
    const opts = { req: { headers: { authorization: `Bearer ${token}` } }, info: { url: new URL('http://localhost') } }
    const caller = appRouter.createCaller(jwt.createContext(opts))
    await Promise.allSettled([caller.private(), caller.private()])

    expect(isLive).toHaveBeenCalledTimes(1)
    expect(errorsIn(outcomes)).toEqual([failure, failure])
  })

  test('one that says so, where the store is silent', async () => {
    const { store, outcomes, visit } = await serveWithErrors()
    vi.spyOn(store, 'isLive').mockReturnValue(new Promise(() => {}))
    await visit()

    expect(errorsIn(outcomes)).toEqual([new Error('The session store did not answer in time')])
  })

  test('what a store threw that was no error', async () => {
    const { store, outcomes, visit } = await serveWithErrors()
    vi.spyOn(store, 'isLive').mockRejectedValue('down')
    await visit()

    expect(errorsIn(outcomes)).toEqual(['down'])
  })

  test('that of the key server', async () => {
    const outcomes: Outcome[] = []
    const verifierOf = (jwks: string) =>
      createJwtVerifier({
        jwks,
        issuer: 'https://id.example',
        audience: 'api',
        algorithms: ['RS256'],
        retfunc: (outcome) => void outcomes.push(outcome),
      })
    const server = await startKeyServer()
    server.behave(answering('', { status: 500 }))
    const closed = createServer()
    const port = await listen(closed)
    closed.close()
    const token = mint({}, { header: { alg: 'RS256', kid: 'k' } })
    for (const url of [server.url, `http://127.0.0.1:${port}/jwks.json`]) {
      const jwt = verifierOf(url)
      await refusalOf(callBehind(jwt.protectedProcedure, contextWith(jwt, token)))
    }

    expect(errorsIn(outcomes)).toEqual([
      new Error('the key server did not answer 200'),
      expect.objectContaining({ cause: expect.objectContaining({ code: 'ECONNREFUSED' }) }),
    ])
  })

  test('and no error, where something else is wrong', async () => {
    const { outcomes, jwt, token } = await serveWithErrors()
    await Promise.allSettled([jwt.verify('x'), jwt.verify(`${token}A`)])

    expect(outcomes.filter((outcome) => 'error' in outcome)).toEqual([])
  })
})
