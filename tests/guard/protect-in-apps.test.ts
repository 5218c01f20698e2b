import { createTRPCClient, httpBatchLink, type TRPCClientError } from '@trpc/client'
import { initTRPC, TRPCError } from '@trpc/server'
import type { CreateHTTPContextOptions } from '@trpc/server/adapters/standalone'
import superjson from 'superjson'
import { createJwtTrivial, createJwtVerifier, jwtErrorData, type BearerContext } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { PASSWORD } from '../support/api.ts'
import { contextWith } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'
import { serve } from '../support/serve.ts'

const createInstance = () =>
  createJwtTrivial({
    passphrase: PASSPHRASE,
    credentials: z.object({ password: z.string() }),
    authorise: ({ input }) => input.password === PASSWORD && { sub: 'ann' },
  })

interface Meta {
  audited?: boolean
}

/** An app with everything of its own: context, meta, transformer, error formatter and a middleware. */
function createApp() {
  const jwt = createInstance()
  const audit: string[] = []
  const createContext = (opts: CreateHTTPContextOptions) => ({ ...jwt.createContext(opts), db: { name: 'main' } })
  const t = initTRPC
    .context<typeof createContext>()
    .meta<Meta>()
    .create({
      transformer: superjson,
      errorFormatter: ({ shape, error }) => ({ ...shape, data: { ...shape.data, ...jwtErrorData(error) } }),
    })
  const base = t.procedure.use(({ meta, path, next }) => {
    if (meta?.audited) audit.push(path)
    return next({ ctx: { startedAt: new Date(0) } })
  })
  const protectedProcedure = base.concat(jwt.protectedProcedure)
  const appRouter = t.router({
    token: jwt.tokenRouter,
    when: protectedProcedure
      .meta({ audited: true })
      .input(z.object({ date: z.date() }))
      .query(({ ctx, input }) => ({ who: ctx.jwt.sub, db: ctx.db.name, started: ctx.startedAt, ...input })),
    fail: t.procedure.query(() => {
      throw new TRPCError({ code: 'UNAUTHORIZED', message: 'Not in the mood' })
    }),
  })
  return { jwt, audit, createContext, appRouter }
}

type App = ReturnType<typeof createApp>['appRouter']

async function startApp() {
  const { jwt, audit, createContext, appRouter } = createApp()
  const url = await serve(appRouter, { createContext: createContext as never, responseMeta: jwt.responseMeta })
  const clientWith = (token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    return createTRPCClient<App>({ links: [httpBatchLink({ url, transformer: superjson, headers })] })
  }
  return { audit, clientWith }
}

/** The reason that the client reads, by the app's own error formatter. */
const clientReasonOf = (call: Promise<unknown>) =>
  call.then(
    () => 'accepted',
    ({ message, data }: TRPCClientError<App>) => [message, data?.jwt],
  )

const date = new Date(86_400_000)

describe('concatenated onto an app’s own procedures', () => {
  test('a call sees the app’s context, meta, middleware and transformer, and its claims', async () => {
    const { audit, clientWith } = await startApp()
    const { token, ...rest } = await clientWith().token.create.mutate({ password: PASSWORD })
    const answer = await clientWith(token).when.query({ date })

    expect(rest).toEqual({ category: 'Bearer', expiresIn: 900 })
    expect(answer).toEqual({ who: 'ann', db: 'main', started: new Date(0), date })
    expect(audit).toEqual(['when'])
  })

  test('the client reads a typed reason, which its error formatter adds', async () => {
    const { clientWith } = await startApp()
    const expired = clientWith(mint({ exp: 1 }))
    const forged = clientWith(mint({}, { passphrase: 'another passphrase of thirty-two bytes' }))

    expect(await clientReasonOf(clientWith().when.query({ date }))).toEqual([
      'Authentication required',
      { reason: 'missing' },
    ])
    expect(await clientReasonOf(expired.when.query({ date }))).toEqual(['Token expired', { reason: 'expired' }])
    expect(await clientReasonOf(forged.when.query({ date }))).toEqual(['Invalid token', { reason: 'invalid' }])
    expect(await clientReasonOf(clientWith().token.create.mutate({ password: 'guess' }))).toEqual([
      'Not authorised',
      { reason: 'not_authorised' },
    ])
  })

  test('the app’s own errors have no reason, a 401 of its own included', async () => {
    const { clientWith } = await startApp()

    expect(await clientReasonOf(clientWith().fail.query())).toEqual(['Not in the mood', null])
    expect(jwtErrorData(new TRPCError({ code: 'BAD_REQUEST', cause: new Error('x') }))).toEqual({ jwt: null })
  })

  test('a refused caller does not learn whether the input was right', async () => {
    const { clientWith } = await startApp()

    expect(await clientReasonOf(clientWith().when.query({ date: 'no date' as never }))).toEqual([
      'Authentication required',
      { reason: 'missing' },
    ])
  })
})

describe('nested and merged', () => {
  test('a token router works at any depth', async () => {
    const jwt = createInstance()
    const t = initTRPC.context<BearerContext>().create()
    const inner = t.router({ token: jwt.tokenRouter, me: jwt.protectedProcedure.query(({ ctx }) => ctx.jwt.sub) })
    const appRouter = t.router({ v1: t.router({ auth: inner }) })
    const { token } = await appRouter.createCaller(jwt.createContext()).v1.auth.token.create({ password: PASSWORD })

    expect(await appRouter.createCaller(contextWith(jwt, token)).v1.auth.me()).toBe('ann')
  })

  test('merged, its procedures stand beside the app’s, with the app’s transformer', async () => {
    const jwt = createInstance()
    const t = initTRPC.context<BearerContext>().create({ transformer: superjson })
    const own = t.router({ me: jwt.protectedProcedure.query(({ ctx }) => ({ sub: ctx.jwt.sub, at: date })) })
    const appRouter = t.mergeRouters(own, jwt.tokenRouter)
    const { createContext, responseMeta } = jwt
    const url = await serve(appRouter, { createContext, responseMeta })
    const clientWith = (headers: Record<string, string>) =>
      createTRPCClient<typeof appRouter>({ links: [httpBatchLink({ url, transformer: superjson, headers })] })
    const { token } = await clientWith({}).create.mutate({ password: PASSWORD })

    expect(await clientWith({ authorization: `Bearer ${token}` }).me.query()).toEqual({ sub: 'ann', at: date })
  })

  test('a guard that is used for a mutation and a subscription guards those too', async () => {
    const jwt = createInstance()
    const t = initTRPC.context<BearerContext>().create()
    const appRouter = t.router({
      change: jwt.protectedProcedure.mutation(({ ctx }) => ctx.jwt.sub),
      watch: jwt.protectedProcedure.subscription(async function* ({ ctx }) {
        yield ctx.jwt.sub
      }),
    })
    const [ann, nobody] = [contextWith(jwt, mint()), contextWith(jwt)].map((ctx) => appRouter.createCaller(ctx))

    expect(await ann?.change()).toBe('ann')
    expect((await (await ann?.watch())?.[Symbol.asyncIterator]().next())?.value).toBe('ann')
    await expect(nobody?.change()).rejects.toMatchObject({ cause: { reason: 'missing' } })
    await expect(nobody?.watch()).rejects.toMatchObject({ cause: { reason: 'missing' } })
  })
})

describe('an app that forgot createContext', () => {
  const jwt = createJwtVerifier({ passphrase: PASSPHRASE })
  const t = initTRPC.context<BearerContext>().create()
  const router = t.router({
    private: jwt.protectedProcedure.query(() => 'private'),
    optional: jwt.protect({ optional: true }).query(() => 'optional'),
    open: t.procedure.query(() => 'open'),
  })
  const told = {
    code: 'INTERNAL_SERVER_ERROR',
    message:
      'A protected procedure got a context without `bearer`. Give your adapter `createContext: jwt.createContext`, ' +
      'or spread `...jwt.createContext(opts)` into the context that you make.',
  }

  test('is told so by optional procedures too, and its public ones go on', async () => {
    const caller = router.createCaller({} as never)

    await expect(caller.optional()).rejects.toMatchObject(told)
    expect(await caller.open()).toBe('open')
  })
})
