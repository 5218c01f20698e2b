import { initTRPC } from '@trpc/server'
import type { BearerContext, JwtVerifier } from 'trpc-jwt-trivial'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { call, callBehind, contextWith, invalid, refusalOf } from '../support/call.ts'
import { answering, dripping, hangingBeforeHeaders, hangingInBody, startKeyServer } from '../support/key-server.ts'
import { refusedBy, unavailable, verifierOf } from '../support/provider.ts'
import { headerValues, sendRaw } from '../support/raw.ts'
import { serve } from '../support/serve.ts'
import { createSigner } from '../support/signer.ts'

const [ann, stranger] = await Promise.all([createSigner('one'), createSigner('two')])

/** Fakes the date only: timers and sockets are real. */
const passSeconds = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => {
  vi.useRealTimers()
})

/** The seconds until a call is rejected as unavailable, by the real clock. */
async function secondsUnavailable(jwt: JwtVerifier, token: string): Promise<number> {
  const start = performance.now()
  expect(await refusedBy(jwt, token)).toEqual(unavailable)
  return (performance.now() - start) / 1000
}

const isTimeout = (seconds: number) => seconds > 1.9 && seconds < 4

test(
  'a fetch is given up after 2 s: without a response, with half a body, or with endless whitespace',
  { timeout: 30_000 },
  async () => {
    const servers = await Promise.all([startKeyServer(), startKeyServer(), startKeyServer()])
    const behaviours = [hangingBeforeHeaders, hangingInBody, dripping]
    behaviours.forEach((behaviour, i) => servers[i]?.behave(behaviour))
    const token = await ann.sign()
    const seconds = await Promise.all(servers.map(({ url }) => secondsUnavailable(verifierOf(url), token)))

    expect(seconds.filter((each) => !isTimeout(each))).toEqual([])
    await vi.waitFor(() => expect(servers.map(({ open }) => open)).toEqual([0, 0, 0]), 3000)
  },
)

test(
  'tokens of known keys are accepted while a token of an unknown key waits for the server',
  { timeout: 30_000 },
  async () => {
    const server = await startKeyServer(ann.publicJwk)
    const jwt = verifierOf(server.url)
    await call(jwt, await ann.sign())
    passSeconds(31)
    server.behave(hangingBeforeHeaders)
    const waiting = secondsUnavailable(jwt, await stranger.sign())
    await vi.waitFor(() => expect(server.open).toBe(1))

    expect(await call(jwt, await ann.sign({ sub: 'bob' }))).toMatchObject({ sub: 'bob' })
    expect(server.open).toBe(1)
    expect(isTimeout(await waiting)).toBe(true)
  },
)

test('known keys are used for 10 minutes after the fetch, also for remembered tokens, and then every token is unavailable', async () => {
  const server = await startKeyServer(ann.publicJwk)
  const jwt = verifierOf(server.url)
  const [remembered, fresh] = await Promise.all([ann.sign(), ann.sign({ sub: 'bob' })])
  await call(jwt, remembered)
  await call(jwt, remembered)
  await server.die()

  passSeconds(599)
  expect(await call(jwt, remembered)).toMatchObject({ sub: 'ann' })
  expect(await call(jwt, fresh)).toMatchObject({ sub: 'bob' })
  passSeconds(1)
  expect(await refusedBy(jwt, remembered)).toEqual(unavailable)
  expect(await refusedBy(jwt, fresh)).toEqual(unavailable)
})

test('a token of an unknown key is unavailable at first, and invalid during the cooldown of 30 s', async () => {
  const server = await startKeyServer(ann.publicJwk)
  const jwt = verifierOf(server.url)
  const [known, unknown] = await Promise.all([ann.sign(), stranger.sign()])
  await call(jwt, known)
  passSeconds(31)
  server.behave(answering('', { status: 500 }))

  expect(await refusedBy(jwt, unknown)).toEqual(unavailable)
  expect(await refusedBy(jwt, unknown)).toEqual(invalid('bad_signature'))
  passSeconds(29)
  expect(await refusedBy(jwt, unknown)).toEqual(invalid('bad_signature'))
  expect(await call(jwt, known)).toMatchObject({ sub: 'ann' })
  expect(server.requests).toBe(2)
  passSeconds(1)
  expect(await refusedBy(jwt, unknown)).toEqual(unavailable)
  expect(server.requests).toBe(3)
})

test('if the first fetch fails, every token is unavailable and the set is requested once in 30 s', async () => {
  const server = await startKeyServer(ann.publicJwk)
  const jwt = verifierOf(server.url)
  const token = await ann.sign()
  server.behave(answering('', { status: 503 }))

  for (let i = 0; i < 20; i += 1) expect(await refusedBy(jwt, token)).toEqual(unavailable)
  expect(server.requests).toBe(1)
  server.behave(answering(JSON.stringify({ keys: [ann.publicJwk] })))
  passSeconds(29)
  expect(await refusedBy(jwt, token)).toEqual(unavailable)
  passSeconds(1)
  expect(await call(jwt, token)).toMatchObject({ sub: 'ann' })
  expect(server.requests).toBe(2)
})

test('once the server answers again, its keys are used after the cooldown', async () => {
  const server = await startKeyServer(ann.publicJwk)
  const jwt = verifierOf(server.url)
  await call(jwt, await ann.sign())
  await server.die()
  passSeconds(600)
  expect(await refusedBy(jwt, await ann.sign())).toEqual(unavailable)
  await server.revive()
  passSeconds(30)

  expect(await call(jwt, await ann.sign())).toMatchObject({ sub: 'ann' })
})

test('an optional procedure lets in a caller without credentials, and is unavailable to one with a token', async () => {
  const server = await startKeyServer()
  await server.die()
  const jwt = verifierOf(server.url)
  const optional = jwt.protect({ optional: true })

  expect(await callBehind(optional, contextWith(jwt))).toBeNull()
  expect(await refusalOf(callBehind(optional, contextWith(jwt, await ann.sign())))).toEqual(unavailable)
})

test('over HTTP a token gets a 503 without a challenge', async () => {
  const server = await startKeyServer()
  await server.die()
  const jwt = verifierOf(server.url)
  const t = initTRPC.context<BearerContext>().create()
  const router = t.router({
    private: jwt.protectedProcedure.query(() => 'secret'),
    optional: jwt.protect({ optional: true }).query(() => 'half a secret'),
  })
  const url = await serve(router, { createContext: jwt.createContext, responseMeta: jwt.responseMeta })
  const authorization = `Authorization: Bearer ${await ann.sign()}`

  for (const path of ['private', 'optional']) {
    const response = await sendRaw(`${url}/${path}`, [authorization])
    expect(response.status).toBe(503)
    expect(headerValues(response, 'www-authenticate')).toEqual([])
    expect(JSON.parse(response.body)).toMatchObject({
      error: { message: 'Service unavailable', data: { code: 'SERVICE_UNAVAILABLE' } },
    })
  }
  expect((await sendRaw(`${url}/private`)).status).toBe(401)
  expect((await sendRaw(`${url}/optional`)).status).toBe(200)
})
