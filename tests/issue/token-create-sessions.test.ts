import { initTRPC } from '@trpc/server'
import { decodeJwt } from 'jose'
import { createJwtTrivial, memorySessions } from 'trpc-jwt-trivial'
import { describe, expect, test, vi } from 'vitest'

import { PASSPHRASE } from '../support/mint.ts'
import { headerValues, sendRaw } from '../support/raw.ts'
import { serve } from '../support/serve.ts'
import {
  clientOf,
  createSessionApi,
  INVALID,
  NOT_AUTHORISED,
  serveSessionApi,
  sidOf,
  told,
} from '../support/session-api.ts'

const someText: unknown = expect.any(String)

const post = (url: string, body: object, token?: string) =>
  sendRaw(url, token === undefined ? [] : [`Authorization: Bearer ${token}`], {
    method: 'POST',
    body: JSON.stringify(body),
  })

describe('token.create with sessions', () => {
  test('starts a session, and answers a refresh token beside the words that it answers without', async () => {
    const { signIn, store, clock, visit } = await serveSessionApi({ expiresIn: '7d' })
    const start = vi.spyOn(store, 'start')
    const answer = await signIn()

    expect(answer).toEqual({ token: someText, category: 'Bearer', expiresIn: 900, refreshToken: someText, grace: 10 })
    expect(start.mock.calls).toEqual([
      [{ sid: sidOf(answer.token), sub: 'ann', expiresAt: new Date((clock.now + 7 * 86_400) * 1_000) }],
    ])
    expect(await visit(answer.token)).toBe('ann is a reader')
  })

  test('starts one session per sign-in, each of 128 bits', async () => {
    const { signIn, store } = await serveSessionApi()
    const sids = (await Promise.all(Array.from({ length: 20 }, () => signIn()))).map(({ token }) => sidOf(token))

    expect(new Set(sids).size).toBe(20)
    expect(sids.map((sid) => Buffer.from(sid, 'base64url').length)).toEqual(sids.map(() => 16))
    expect(store.size).toBe(20)
  })

  test('starts none for whom authorise refuses', async () => {
    const { signIn, store } = await serveSessionApi()

    expect(await told(signIn('eve'))).toBe(NOT_AUTHORISED)
    expect(store.size).toBe(0)
  })

  test('starts none where the token cannot be issued', async () => {
    const store = memorySessions()
    const answers = [true, { role: 'reader' }, { sub: 'ann', sid: 'x' }, { sub: 'ann', long: 'x'.repeat(9_000) }]
    const errors = answers.map(async (answer) => {
      const authorise = () => answer as true
      const jwt = createJwtTrivial({ passphrase: PASSPHRASE, authorise, sessions: { store, reauthorise: () => true } })
      return jwt.tokenRouter
        .createCaller(jwt.createContext())
        .create()
        .catch((error: Error) => error.message)
    })
    const lacking = 'The claims of a token must have a `sub` when `sessions` is set.'

    expect(await Promise.all(errors)).toEqual([
      lacking,
      lacking,
      'The claims of a token must not set `sid`, which the library writes.',
      expect.stringMatching(/^The claims of a token make it \d+ characters long; the limit is 8192\.$/),
    ])
    expect(store.size).toBe(0)
  })

  test('gives an access token that is good for as long as the session, where it shall never expire', async () => {
    const { signIn, refresh, clock } = await serveSessionApi({ expiresIn: '30d', jwt: { expiresIn: 'never' } })
    const { expiresIn, refreshToken } = await signIn()
    clock.now += 86_400

    expect(expiresIn).toBe(30 * 86_400)
    expect((await refresh(refreshToken)).expiresIn).toBe(29 * 86_400)
  })
})

test('retfunc sees the session of each token: a list of devices can be kept by it', async () => {
  const { signIn, refresh, revoke, visit, outcomes } = await serveSessionApi()
  const first = await signIn()
  const second = await refresh(first.refreshToken)
  await visit(second.token)
  await revoke(second.token)
  await visit(second.token)
  const [one, two] = [first, second].map(({ token }) => {
    const { sub, sid, jti } = decodeJwt(token)
    return { sub, sid, jti }
  })

  expect(outcomes).toEqual([
    { type: 'issued', path: 'token.create', ...one },
    { type: 'renewed', path: 'token.refresh', ...two },
    { type: 'accepted', path: 'private', ...two },
    { type: 'ended', by: 'revoke', path: 'token.revoke', ...two },
    { type: 'rejected', reason: 'revoked', path: 'private', ...two },
  ])
})

describe('on the wire', () => {
  test('the answers of all three procedures are not to be stored, good or bad, alone or in a batch', async () => {
    const { url, signIn } = await serveSessionApi()
    const { refreshToken } = await signIn()
    const responses = await Promise.all([
      post(`${url}/token.create`, { name: 'ann' }),
      post(`${url}/token.refresh`, { refreshToken }),
      post(`${url}/token.revoke`, {}),
      post(`${url}/token.refresh`, { refreshToken: 'garbage' }),
      post(`${url}/token.refresh`, {}),
      post(`${url}/token.refresh,token.revoke?batch=1`, { 0: { refreshToken: 'garbage' }, 1: {} }),
    ])

    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 401, 400, 207])
    expect(responses.map((response) => headerValues(response, 'cache-control'))).toEqual(
      responses.map(() => ['no-store']),
    )
  })

  test('a refused refresh names the scheme and no error code: no bearer was presented', async () => {
    const { url } = await serveSessionApi()
    const response = await post(`${url}/token.refresh`, { refreshToken: 'garbage' })

    expect(headerValues(response, 'www-authenticate')).toEqual(['Bearer realm="trpc"'])
  })

  test('refresh and revoke are mutations: a refresh token is never in a URL', async () => {
    const { url } = await serveSessionApi()
    const paths = ['token.refresh?input=%7B%22refreshToken%22%3A%22x%22%7D', 'token.revoke']

    expect(await Promise.all(paths.map(async (path) => (await sendRaw(`${url}/${path}`)).status))).toEqual([405, 405])
  })

  test('merged instead of nested, they have no prefix and work alike', async () => {
    const { jwt } = createSessionApi()
    const t = initTRPC.context<typeof jwt.createContext>().create()
    const own = t.router({ private: jwt.protectedProcedure.query(({ ctx }) => ctx.jwt.sub) })
    const url = await serve(t.mergeRouters(own, jwt.tokenRouter), jwt)
    const { result } = JSON.parse((await post(`${url}/create`, { name: 'ann' })).body) as {
      result: { data: { token: string; refreshToken: string } }
    }
    const { token, refreshToken } = result.data
    const answers = [
      await post(`${url}/refresh`, { refreshToken }),
      await post(`${url}/revoke`, {}, token),
      await post(`${url}/refresh`, { refreshToken }),
    ]

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 401])
    expect(answers.map((answer) => headerValues(answer, 'cache-control'))).toEqual(answers.map(() => ['no-store']))
    expect(await told(clientOf(url, token).private.query())).toBe(INVALID)
  })
})
