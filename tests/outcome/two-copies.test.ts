import { createRequire } from 'node:module'

import { createTRPCUntypedClient, httpLink, TRPCClientError } from '@trpc/client'
import { initTRPC, TRPCError } from '@trpc/server'
import * as ours from 'trpc-jwt-trivial'
import type { Outcome } from 'trpc-jwt-trivial'
import { describe, expect, test, vi } from 'vitest'

import { mint, PASSPHRASE } from '../support/mint.ts'
import { headerValues, sendRaw } from '../support/raw.ts'
import { serve } from '../support/serve.ts'

vi.resetModules()
const theirs: typeof ours = await import('trpc-jwt-trivial')
const [ourJwt, theirJwt] = [ours, theirs].map((copy) =>
  copy.createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => false }),
) as [ReturnType<typeof ours.createJwtTrivial>, ReturnType<typeof ours.createJwtTrivial>]

test('are two: no class and no function is shared', () => {
  expect(theirs.JwtRejection).not.toBe(ours.JwtRejection)
  expect(theirs.jwtErrorData).not.toBe(ours.jwtErrorData)
})

/** Serves procedures that their copy guards; our copy tells the client of their rejections. */
function serveMixed() {
  const t = initTRPC.context<ours.BearerContext>().create({
    errorFormatter: ({ shape, error }) => ({ ...shape, data: { ...shape.data, ...ours.jwtErrorData(error) } }),
  })
  const router = t.router({
    token: theirJwt.tokenRouter,
    private: t.procedure.concat(theirJwt.protectedProcedure).query(() => 'private'),
    scoped: t.procedure.concat(theirJwt.protect({ scope: 'a b' })).query(() => 'scoped'),
    recent: t.procedure.concat(theirJwt.protect({ maxAge: 60 })).query(() => 'recent'),
    both: t.procedure
      .concat(ourJwt.protectedProcedure)
      .concat(theirJwt.protect({ scope: 'a' }))
      .query(() => 'both'),
  })
  return serve(router, { createContext: ourJwt.createContext, responseMeta: ourJwt.responseMeta })
}

describe('one copy of the package understands a rejection of another', () => {
  test.each([
    ['no token', { path: 'private', token: undefined, reason: 'missing', params: '' }],
    ['garbage', { path: 'private', token: 'x', reason: 'invalid', params: ', error="invalid_token"' }],
    [
      'an expired token',
      {
        path: 'private',
        token: mint({ exp: 1 }),
        reason: 'expired',
        params: ', error="invalid_token", error_description="The access token expired"',
      },
    ],
    [
      'too little scope',
      {
        path: 'scoped',
        token: mint({ scope: 'a' }),
        reason: 'insufficient_scope',
        params: ', error="insufficient_scope", scope="a b"',
      },
    ],
    [
      'an old sign-in',
      {
        path: 'recent',
        token: mint(),
        reason: 'too_old',
        params: ', error="insufficient_user_authentication", max_age="60"',
      },
    ],
    [
      'a token that the other copy lets in',
      {
        path: 'both',
        token: mint(),
        reason: 'insufficient_scope',
        params: ', error="insufficient_scope", scope="a"',
      },
    ],
  ])('over HTTP, for %s: the reason and the challenge', async (_, { path, token, reason, params }) => {
    const url = await serveMixed()
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const client = createTRPCUntypedClient({ links: [httpLink({ url, headers })] })
    const error = await client.query(path).catch((thrown: unknown) => thrown)
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)

    expect(error).toBeInstanceOf(TRPCClientError)
    expect(error).toMatchObject({ data: { jwt: { reason } } })
    expect(headerValues(await sendRaw(`${url}/${path}`, lines), 'www-authenticate')).toEqual([
      `Bearer realm="trpc"${params}`,
    ])
  })

  test('puts it before an error of the app', () => {
    const theirRejection = new TRPCError({ code: 'UNAUTHORIZED', cause: new theirs.JwtRejection('malformed') })
    const { headers } = ourJwt.responseMeta({ errors: [new TRPCError({ code: 'UNAUTHORIZED' }), theirRejection] })

    expect(headers.get('www-authenticate')).toBe('Bearer realm="trpc", error="invalid_token"')
  })

  test('reports and sends it, where an `authorise` throws it', async () => {
    const outcomes: Outcome[] = []
    const jwt = ours.createJwtTrivial({
      passphrase: PASSPHRASE,
      authorise: async () => {
        const error: unknown = await theirJwt.verify(mint({ exp: 1 })).catch((thrown: unknown) => thrown)
        throw (error as TRPCError).cause
      },
      retfunc: (outcome) => void outcomes.push(outcome),
    })
    const signIn = jwt.tokenRouter.createCaller(jwt.createContext()).create()

    await expect(signIn).rejects.toMatchObject({ code: 'UNAUTHORIZED', message: 'Token expired' })
    expect(outcomes).toEqual([{ type: 'rejected', path: 'create', reason: 'expired' }])
  })

  test('knows a reason of another version by its brand, and tells the client no more than `invalid`', () => {
    const rejection = new theirs.JwtRejection('from_next_year' as 'missing')

    expect(ours.jwtErrorData(new TRPCError({ code: 'UNAUTHORIZED', cause: rejection }))).toEqual({
      jwt: { reason: 'invalid' },
    })
  })
})

describe('instanceof JwtRejection', () => {
  class Own extends ours.JwtRejection {}

  test('is true for the rejections of both copies, and for nothing else', () => {
    for (const rejection of [new ours.JwtRejection('missing'), new theirs.JwtRejection('missing')]) {
      expect([rejection instanceof ours.JwtRejection, rejection instanceof theirs.JwtRejection]).toEqual([true, true])
    }
    for (const other of [new Error('missing'), { name: 'JwtRejection', reason: 'missing' }, null, undefined, 'missing'])
      expect((other as unknown) instanceof ours.JwtRejection).toBe(false)
  })

  test('of a class that extends it is true for that class alone', () => {
    expect(new Own('missing') instanceof ours.JwtRejection).toBe(true)
    expect([new ours.JwtRejection('missing') instanceof Own, new Own('missing') instanceof Own]).toEqual([false, true])
  })
})

test('a TRPCError of the other build of @trpc/server is sent instead of a rejection too', async () => {
  const cjs = createRequire(import.meta.url)('@trpc/server') as { TRPCError: typeof TRPCError }
  const replacement = new cjs.TRPCError({ code: 'NOT_FOUND', message: 'There is nothing here' })
  const jwt = ours.createJwtVerifier({ passphrase: PASSPHRASE, retfunc: () => replacement })

  expect(replacement).not.toBeInstanceOf(TRPCError)
  await expect(jwt.verify('x')).rejects.toBe(replacement)
})
