import { createTRPCClient, httpLink, type TRPCClientError } from '@trpc/client'
import { initTRPC, type inferRouterInputs, type inferRouterOutputs } from '@trpc/server'
import type { CreateHTTPContextOptions } from '@trpc/server/adapters/standalone'
import superjson from 'superjson'
import {
  createJwtTrivial,
  createJwtVerifier,
  jwtErrorData,
  type Claims,
  type ClientReason,
  type Duration,
  type IssuedToken,
  type JwtVerifier,
} from 'trpc-jwt-trivial'
import { describe, expectTypeOf, test } from 'vitest'
import * as z from 'zod'

const passphrase = process.env['JWT_PASSPHRASE']
const claims = z.object({ sub: z.string(), role: z.enum(['reader', 'writer']) })
const credentials = z.object({ email: z.string(), password: z.string() })

const jwt = createJwtTrivial({
  passphrase,
  claims,
  credentials,
  authorise: async ({ input }) => input.password !== '' && { sub: input.email, role: 'reader' },
})
const withoutCredentials = createJwtTrivial({ passphrase, authorise: () => true })

interface Credentials {
  email: string
  password: string
}

describe('an app of the plainest kind', () => {
  const t = initTRPC.context<typeof jwt.createContext>().create()
  const appRouter = t.router({
    token: jwt.tokenRouter,
    open: withoutCredentials.tokenRouter,
    hello: t.procedure.query(() => 'hello'),
    private: jwt.protectedProcedure
      .input(z.object({ n: z.number() }))
      .query(({ ctx, input }) => ({ role: ctx.jwt.role, n: input.n })),
    optional: jwt.protect({ optional: true }).query(({ ctx }) => ctx.jwt),
  })
  type AppRouter = typeof appRouter
  type Inputs = inferRouterInputs<AppRouter>
  type Outputs = inferRouterOutputs<AppRouter>

  test('knows what token.create takes and answers', () => {
    expectTypeOf<Inputs['token']['create']>().toEqualTypeOf<Credentials>()
    expectTypeOf<Outputs['token']['create']>().toEqualTypeOf<IssuedToken>()
    expectTypeOf<Outputs['token']['create']['category']>().toEqualTypeOf<'Bearer'>()
    expectTypeOf<Outputs['token']['create']['expiresIn']>().toEqualTypeOf<number | null>()
  })

  test('knows that token.create takes nothing where no credentials are asked for', () => {
    expectTypeOf<Inputs['open']['create']>().toEqualTypeOf<void>()
  })

  test('keeps the types of its own procedures', () => {
    expectTypeOf<Outputs['hello']>().toEqualTypeOf<string>()
    expectTypeOf<Inputs['private']>().toEqualTypeOf<{ n: number }>()
    expectTypeOf<Outputs['private']>().toEqualTypeOf<{ role: 'reader' | 'writer'; n: number }>()
    expectTypeOf<Outputs['optional']>().not.toBeAny()
    expectTypeOf<NonNullable<Outputs['optional']>['role']>().toEqualTypeOf<'reader' | 'writer'>()
  })

  test('is typed at the client, and nothing there is any', () => {
    const client = createTRPCClient<AppRouter>({ links: [httpLink({ url: '' })] })
    expectTypeOf(client.token).not.toBeAny()
    expectTypeOf(client.token.create.mutate).not.toBeAny()
    expectTypeOf(client.token.create.mutate).parameter(0).toEqualTypeOf<Credentials>()
    expectTypeOf(client.token.create.mutate).returns.resolves.toEqualTypeOf<IssuedToken>()
    expectTypeOf(client.open.create.mutate).toBeCallableWith()
    expectTypeOf(client.private.query).returns.resolves.toEqualTypeOf<{ role: 'reader' | 'writer'; n: number }>()
    expectTypeOf<Inputs>().not.toBeAny()
    expectTypeOf<Outputs>().not.toBeAny()
    // @ts-expect-error credentials are needed
    void client.token.create.mutate()
    // @ts-expect-error a password is needed
    void client.token.create.mutate({ email: '' })
    // @ts-expect-error a mutation, no query
    void client.token.create.query
  })

  test('has no jwt in the data of its errors', () => {
    type Data = NonNullable<TRPCClientError<AppRouter>['data']>
    expectTypeOf<Data>().not.toBeAny()
    expectTypeOf<Data['httpStatus']>().toEqualTypeOf<number>()
    // @ts-expect-error no errorFormatter added it
    expectTypeOf<Data['jwt']>()
  })
})

describe('an app with a context, meta, transformer and error formatter of its own', () => {
  interface Meta {
    slow: boolean
  }
  const createContext = (opts: CreateHTTPContextOptions) => ({
    ...jwt.createContext(opts),
    db: new Map<string, Date>(),
  })
  const t = initTRPC
    .context<typeof createContext>()
    .meta<Meta>()
    .create({
      transformer: superjson,
      errorFormatter: ({ shape, error }) => ({ ...shape, data: { ...shape.data, ...jwtErrorData(error), mine: 1 } }),
    })
  const protectedProcedure = t.procedure.concat(jwt.protectedProcedure)
  const appRouter = t.router({
    token: jwt.tokenRouter,
    born: protectedProcedure.meta({ slow: true }).query(({ ctx }) => ctx.db.get(ctx.jwt.sub)),
    scoped: t.procedure.concat(jwt.protect({ scope: 'read' })).mutation(({ ctx }) => ctx.jwt.role),
    maybe: t.procedure.concat(jwt.protect({ optional: true })).query(({ ctx }) => ctx.jwt?.role),
  })
  type AppRouter = typeof appRouter
  type Outputs = inferRouterOutputs<AppRouter>

  test('has ctx.jwt beside its own context, and neither is any', () => {
    protectedProcedure.query(({ ctx }) => {
      expectTypeOf(ctx).not.toBeAny()
      expectTypeOf(ctx.jwt).not.toBeAny()
      expectTypeOf(ctx.jwt.role).toEqualTypeOf<'reader' | 'writer'>()
      expectTypeOf(ctx.db).toEqualTypeOf<Map<string, Date>>()
    })
  })

  test('keeps its meta', () => {
    // @ts-expect-error no such meta
    protectedProcedure.meta({ fast: true })
  })

  test('keeps what its transformer brings over', () => {
    expectTypeOf<Outputs['born']>().toEqualTypeOf<Date | undefined>()
    expectTypeOf<Outputs['scoped']>().toEqualTypeOf<'reader' | 'writer'>()
    expectTypeOf<Outputs['maybe']>().toEqualTypeOf<'reader' | 'writer' | undefined>()
    expectTypeOf<Outputs['token']['create']>().toEqualTypeOf<IssuedToken>()
    // @ts-expect-error the link needs the transformer
    createTRPCClient<AppRouter>({ links: [httpLink({ url: '' })] })
    createTRPCClient<AppRouter>({ links: [httpLink({ url: '', transformer: superjson })] })
  })

  test('keeps the shape of its errors, with the reason typed', () => {
    type Data = NonNullable<TRPCClientError<AppRouter>['data']>
    expectTypeOf<Data>().not.toBeAny()
    expectTypeOf<Data['jwt']>().toEqualTypeOf<{ reason: ClientReason } | null>()
    expectTypeOf<Data['mine']>().toEqualTypeOf<number>()
    expectTypeOf<Data['httpStatus']>().toEqualTypeOf<number>()
    // @ts-expect-error no such data
    expectTypeOf<Data['yours']>()
  })

  test('must have the bearer in its context', () => {
    const without = initTRPC.context<{ db: string }>().create()
    // @ts-expect-error its context has no bearer
    without.procedure.concat(jwt.protectedProcedure)
  })
})

describe('t.mergeRouters with the app’s router first', () => {
  const t = initTRPC.context<typeof jwt.createContext>().create({
    errorFormatter: ({ shape, error }) => ({ ...shape, data: { ...shape.data, ...jwtErrorData(error) } }),
  })
  const appRouter = t.mergeRouters(t.router({ hello: t.procedure.query(() => 'hello') }), jwt.tokenRouter)
  type AppRouter = typeof appRouter

  test('has the procedures of both', () => {
    expectTypeOf<inferRouterInputs<AppRouter>['create']>().toEqualTypeOf<Credentials>()
    expectTypeOf<inferRouterOutputs<AppRouter>>().toEqualTypeOf<{ hello: string; create: IssuedToken }>()
  })

  test('keeps the shape of the app’s errors', () => {
    type Data = NonNullable<TRPCClientError<AppRouter>['data']>
    expectTypeOf<Data['jwt']>().toEqualTypeOf<{ reason: ClientReason } | null>()
  })
})

describe('verify and createAccessToken', () => {
  test('verify gives what ctx.jwt is', () => {
    expectTypeOf(jwt.verify).parameters.toEqualTypeOf<[string]>()
    expectTypeOf(jwt.verify).returns.resolves.toEqualTypeOf<Claims<{ sub: string; role: 'reader' | 'writer' }>>()
  })

  test('a verifier has the accepting pieces and no others', () => {
    const verifier = createJwtVerifier({ passphrase, claims })
    expectTypeOf(verifier).toEqualTypeOf<JwtVerifier<{ sub: string; role: 'reader' | 'writer' }>>()
    expectTypeOf(verifier.protectedProcedure).toEqualTypeOf(jwt.protectedProcedure)
    expectTypeOf(createJwtVerifier({ passphrase })).toEqualTypeOf<JwtVerifier>()
    // @ts-expect-error it issues nothing
    void verifier.tokenRouter
    // @ts-expect-error nor this way
    void verifier.createAccessToken
    // @ts-expect-error it asks nobody
    createJwtVerifier({ passphrase, authorise: () => true })
  })

  test('createAccessToken takes the claims that the schema takes', () => {
    expectTypeOf(jwt.createAccessToken).returns.resolves.toEqualTypeOf<string>()
    void jwt.createAccessToken({ sub: 'ann', role: 'reader' })
    void jwt.createAccessToken({ sub: 'ann', role: 'reader', scope: ['read'] }, { expiresIn: '1h', audience: ['a'] })
    // @ts-expect-error no role
    void jwt.createAccessToken({ sub: 'ann', role: 'admin' })
    // @ts-expect-error role is missing
    void jwt.createAccessToken({ sub: 'ann' })
    // @ts-expect-error claims are needed
    void jwt.createAccessToken()
    // @ts-expect-error no Duration
    void jwt.createAccessToken({ sub: 'ann', role: 'reader' }, { expiresIn: 'soon' })
  })

  test('createAccessToken of an app without a schema takes any claims, sub a text', () => {
    void withoutCredentials.createAccessToken({})
    void withoutCredentials.createAccessToken({ sub: 'ann', anything: [1] })
    // @ts-expect-error sub is a text
    void withoutCredentials.createAccessToken({ sub: 1 })
  })

  test('createAccessToken takes what a schema takes, not what it gives', () => {
    const transforming = createJwtTrivial({
      passphrase,
      claims: z.object({ level: z.string().transform(Number) }),
      authorise: () => ({ level: '1' }),
    })
    void transforming.createAccessToken({ level: '1' })
    // @ts-expect-error a text goes in
    void transforming.createAccessToken({ level: 1 })
  })

  test('a Duration is seconds or a number with its unit', () => {
    expectTypeOf<'15m'>().toExtend<Duration>()
    expectTypeOf<90>().toExtend<Duration>()
    expectTypeOf<'15 minutes'>().not.toExtend<Duration>()
    expectTypeOf<'never'>().not.toExtend<Duration>()
  })
})
