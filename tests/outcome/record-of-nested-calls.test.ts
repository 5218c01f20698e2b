import { createTRPCUntypedClient, httpBatchLink } from '@trpc/client'
import { callTRPCProcedure, initTRPC, type AnyTRPCRouter } from '@trpc/server'
import { createJwtTrivial, type BearerContext, type Outcome } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { mint, PASSPHRASE } from '../support/mint.ts'
import { serve } from '../support/serve.ts'

type Caller = Record<string, (input?: unknown) => Promise<unknown>>

/** Serves procedures that call others on the server, and gives what `retfunc` saw. */
async function serveNested() {
  const outcomes: Outcome[] = []
  const jwt = createJwtTrivial({
    passphrase: PASSPHRASE,
    authorise: () => true,
    retfunc: (outcome) => void outcomes.push(outcome),
  })
  const t = initTRPC.context<typeof jwt.createContext>().create()
  const guarded = jwt.protectedProcedure.concat(jwt.protectedProcedure)
  const callerWith = (ctx: BearerContext): Caller => t.createCallerFactory(router)(ctx) as unknown as Caller
  const withBearer = (token: string) => jwt.createContext({ headers: { authorization: `Bearer ${token}` } })
  const router: AnyTRPCRouter = t.router({
    inner: guarded.query(({ ctx }) => ctx.jwt.sub),
    scoped: jwt.protect({ scope: 'admin' }).query(() => 'administered'),
    outer: guarded.query(({ ctx }) => callerWith(ctx)['inner']?.()),
    // with the context as the app has it, or with what its own members are
    spread: guarded.query(({ ctx }) => callerWith({ ...ctx })['inner']?.()),
    twice: guarded.query(({ ctx }) => Promise.all([callerWith(ctx)['inner']?.(), callerWith(ctx)['inner']?.()])),
    failing: guarded.query(({ ctx }) => callerWith(ctx)['scoped']?.()),
    asBob: guarded.query(({ ctx }) => callerWith({ ...ctx, ...withBearer(mint({ sub: 'bob' })) })['inner']?.()),
    asNobody: guarded.query(({ ctx }) => callerWith({ ...ctx, ...jwt.createContext() })['inner']?.()),
    public: t.procedure.query(({ ctx }) => callerWith(ctx)['inner']?.()),
    inMiddleware: jwt.protectedProcedure
      .use(async ({ ctx, next }) => {
        await callerWith(ctx)['inner']?.()
        return next()
      })
      .concat(jwt.protectedProcedure)
      .query(() => 'done'),
    handedOn: guarded
      .use(async ({ ctx, getRawInput, type, signal, next }) => {
        await callTRPCProcedure({ router, ctx, getRawInput, path: 'inner', type, signal, batchIndex: 0 })
        return next()
      })
      .concat(jwt.protectedProcedure)
      .query(() => 'done'),
    down: guarded
      .input((depth) => Number(depth))
      .query(({ ctx, input }): unknown => (input > 0 ? callerWith(ctx)['down']?.(input - 1) : 'bottom')),
  })
  const url = await serve(router, jwt)
  const headers = { authorization: `Bearer ${mint()}` }
  const client = createTRPCUntypedClient<AnyTRPCRouter>({ links: [httpBatchLink({ url, headers })] })
  const summary = () => outcomes.splice(0).map(({ type, path, sub }) => [type, path, sub].join(' ').trim())
  return { query: (path: string, input?: unknown) => client.query(path, input), summary }
}

describe('each guarded call is reported once, under its own path:', () => {
  test.each([
    ['one that createCaller makes inside of another', 'outer', ['accepted outer ann', 'accepted inner ann']],
    ['with a context of its own', 'spread', ['accepted spread ann', 'accepted inner ann']],
    ['two at once', 'twice', ['accepted twice ann', 'accepted inner ann', 'accepted inner ann']],
    ['with another bearer', 'asBob', ['accepted asBob ann', 'accepted inner bob']],
    ['inside of a public one', 'public', ['accepted inner ann']],
    ['between two guards of the other', 'inMiddleware', ['accepted inMiddleware ann', 'accepted inner ann']],
    ['with the input of the other handed on', 'handedOn', ['accepted handedOn ann', 'accepted inner ann']],
  ] as const)('%s', async (_, path, expected) => {
    const { query, summary } = await serveNested()
    await query(path)

    expect(summary()).toEqual(expected)
  })

  test.each([
    [
      'one that is refused',
      'failing',
      { message: 'Insufficient scope', seen: ['accepted failing ann', 'rejected scoped ann'] },
    ],
    [
      'one without a bearer',
      'asNobody',
      { message: 'Authentication required', seen: ['accepted asNobody ann', 'rejected inner'] },
    ],
  ] as const)('%s', async (_, path, { message, seen }) => {
    const { query, summary } = await serveNested()
    await expect(query(path)).rejects.toThrow(message)

    expect(summary()).toEqual(seen)
  })

  test('one that calls itself', async () => {
    const { query, summary } = await serveNested()

    expect(await query('down', 2)).toBe('bottom')
    expect(summary()).toEqual(['accepted down ann', 'accepted down ann', 'accepted down ann'])
  })

  test('the calls of a batch, each with its nested one', async () => {
    const { query, summary } = await serveNested()
    await Promise.all([query('outer'), query('outer'), query('inner')])

    const seen = summary()
    const times = (text: string) => seen.filter((each) => each === text).length
    expect([times('accepted inner ann'), times('accepted outer ann'), seen.length]).toEqual([3, 2, 5])
  })
})
