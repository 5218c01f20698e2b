import { initTRPC, TRPCError } from '@trpc/server'
import { createJwtTrivial, type BearerContext, type JwtTrivialOptions } from 'trpc-jwt-trivial'
import { describe, expect, test, vi } from 'vitest'
import * as z from 'zod'

import { refusalOf } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'
import { headerValues, sendRaw } from '../support/raw.ts'
import { serve } from '../support/serve.ts'

/** An instance whose `authorise` answers whatever a test wants, as a JavaScript user's may. */
const answering = (answer: unknown, options: Partial<JwtTrivialOptions> = {}) =>
  createJwtTrivial({ passphrase: PASSPHRASE, ...options, authorise: () => answer as true })

const create = (jwt: ReturnType<typeof answering>, ctx: BearerContext = jwt.createContext()) =>
  jwt.tokenRouter.createCaller(ctx).create()

describe('what authorise answers', () => {
  test('claims make a token that carries them', async () => {
    const jwt = answering({ sub: 'ann', role: 'reader', teams: ['a', 'b'], nested: { deep: null } })
    const { token } = await create(jwt)

    expect(await jwt.verify(token)).toMatchObject({
      sub: 'ann',
      role: 'reader',
      teams: ['a', 'b'],
      nested: { deep: null },
    })
  })

  test('true makes a token without any claims of the app', async () => {
    const jwt = answering(true)
    const claims = await jwt.verify((await create(jwt)).token)

    expect(new Set(Object.keys(claims))).toEqual(new Set(['iat', 'exp', 'auth_time', 'jti']))
  })

  test('a promise is waited for', async () => {
    const jwt = answering(Promise.resolve({ sub: 'ann' }))

    expect(await jwt.verify((await create(jwt)).token)).toMatchObject({ sub: 'ann' })
    expect(await refusalOf(create(answering(Promise.resolve(false))))).toMatchObject({ reason: 'not_authorised' })
  })

  test('false, null and undefined refuse, all alike', async () => {
    const refused = [false, null, undefined].map((answer) => refusalOf(create(answering(answer))))

    expect(await Promise.all(refused)).toEqual(
      refused.map(() => ({ reason: 'not_authorised', code: 'UNAUTHORIZED', message: 'Not authorised' })),
    )
  })

  test('anything else is an error of the developer’s, and no token', async () => {
    const answers = ['yes', '', 0, 1, 1n, [], [{ sub: 'ann' }], () => true]
    const kinds = ['a string', 'a string', 'a number', 'a number', 'a bigint', 'an array', 'an array', 'a function']
    const errors = await Promise.all(
      answers.map((answer) => create(answering(answer)).catch((error: unknown) => error)),
    )

    expect(errors.map((error) => error instanceof TRPCError && `${error.code}: ${error.message}`)).toEqual(
      kinds.map(
        (kind) => `INTERNAL_SERVER_ERROR: authorise must return claims, true, false, null or undefined; got ${kind}.`,
      ),
    )
  })

  test('an error that is returned instead of thrown is no token either', async () => {
    const answers = [
      new TRPCError({ code: 'TOO_MANY_REQUESTS' }),
      new Error('no'),
      new Date(),
      new Map([['sub', 'ann']]),
    ]
    const errors = await Promise.all(
      answers.map((answer) => create(answering(answer)).catch((error: unknown) => error)),
    )

    expect(errors.map((error) => error instanceof TRPCError && `${error.code}: ${error.message}`)).toEqual(
      answers.map(() => 'INTERNAL_SERVER_ERROR: The claims of a token must be a plain object.'),
    )
  })

  test('a TRPCError of its own passes untouched', async () => {
    const thrown = new TRPCError({ code: 'TOO_MANY_REQUESTS', message: 'Try again in a minute' })
    const jwt = createJwtTrivial({
      passphrase: PASSPHRASE,
      authorise: () => {
        throw thrown
      },
    })

    await expect(create(jwt)).rejects.toBe(thrown)
  })

  test('another error of its own is an INTERNAL_SERVER_ERROR, and no refusal', async () => {
    const jwt = answering(Promise.reject(new Error('the database is down')))

    await expect(create(jwt)).rejects.toMatchObject({ code: 'INTERNAL_SERVER_ERROR', message: 'the database is down' })
  })
})

describe('what token.create answers', () => {
  test('the token, its category and its lifetime in seconds, and nothing else', async () => {
    const token: unknown = expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/)

    expect(await create(answering(true))).toEqual({ token, category: 'Bearer', expiresIn: 900 })
    expect(await create(answering(true, { expiresIn: '1h' }))).toEqual({ token, category: 'Bearer', expiresIn: 3600 })
    expect(await create(answering(true, { expiresIn: 'never' }))).toEqual({
      token,
      category: 'Bearer',
      expiresIn: null,
    })
  })
})

describe('what authorise is given', () => {
  test('credentials as their schema gives them back, and the context', async () => {
    const authorise = vi.fn<(opts: { input: { pin: number }; ctx: BearerContext }) => true>(() => true)
    const credentials = z.object({ pin: z.string().transform(Number) })
    const jwt = createJwtTrivial({ passphrase: PASSPHRASE, credentials, authorise })
    const ctx = { ...jwt.createContext(), db: 'a connection' }
    await jwt.tokenRouter.createCaller(ctx).create({ pin: '0042' })

    expect(authorise.mock.calls).toEqual([[{ input: { pin: 42 }, ctx }]])
    expect(authorise.mock.calls[0]?.[0].ctx.bearer).toBe(ctx.bearer)
  })

  test('no input where there is no credentials schema, whatever is sent: it looks at the context', async () => {
    const authorise = vi.fn<(opts: { input: undefined; ctx: BearerContext & { apiKey: string } }) => boolean>(
      ({ ctx }) => ctx.apiKey === 'right',
    )
    const jwt = createJwtTrivial({
      passphrase: PASSPHRASE,
      authorise: (opts: Parameters<typeof authorise>[0]) => authorise(opts) && true,
    })
    const t = initTRPC.context<BearerContext & { apiKey: string }>().create()
    const createContext = (opts: { req: { headers: Record<string, unknown> } }) => ({
      ...jwt.createContext(opts),
      apiKey: String(opts.req.headers['x-api-key']),
    })
    const url = await serve(t.router({ token: jwt.tokenRouter }), { createContext: createContext as never })
    const post = (apiKey: string) =>
      sendRaw(`${url}/token.create`, [`X-Api-Key: ${apiKey}`], { method: 'POST', body: '{"sub":"root"}' })

    expect([(await post('right')).status, (await post('wrong')).status]).toEqual([200, 401])
    expect(authorise.mock.calls.map(([{ input }]) => input)).toEqual([undefined, undefined])
  })

  test('nothing at all where the credentials are not as their schema says: BAD_REQUEST', async () => {
    const authorise = vi.fn<() => true>(() => true)
    const credentials = z.object({ email: z.email(), password: z.string() })
    const jwt = createJwtTrivial({ passphrase: PASSPHRASE, credentials, authorise })
    const caller = jwt.tokenRouter.createCaller(jwt.createContext())
    const wrong = [undefined, {}, { email: 'ann', password: 'x' }, { email: 'ann@x.example', password: null }]
    const errors = wrong.map((input) => caller.create(input as never).catch((error: TRPCError) => error.code))

    expect(await Promise.all(errors)).toEqual(wrong.map(() => 'BAD_REQUEST'))
    expect(authorise).not.toHaveBeenCalled()
  })

  test('a caller with a bad bearer token may sign in all the same', async () => {
    const jwt = answering(true)
    const ctxs = ['garbage', mint({ exp: 1 })].map((token) =>
      jwt.createContext({ headers: { authorization: `Bearer ${token}` } }),
    )

    await expect(Promise.all(ctxs.map((ctx) => create(jwt, ctx)))).resolves.toHaveLength(2)
  })
})

test('token.create is a mutation: a GET, which has its input in the URL, is refused before authorise is asked', async () => {
  const authorise = vi.fn<() => true>(() => true)
  const jwt = createJwtTrivial({ passphrase: PASSPHRASE, authorise })
  const t = initTRPC.context<BearerContext>().create()
  const url = await serve(t.router({ token: jwt.tokenRouter }), jwt)
  const response = await sendRaw(`${url}/token.create?input=%7B%22password%22%3A%22x%22%7D`)

  expect(response.status).toBe(405)
  expect(headerValues(response, 'cache-control')).toEqual(['no-store'])
  expect(authorise).not.toHaveBeenCalled()
})
