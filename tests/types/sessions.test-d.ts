import { createTRPCClient, httpLink } from '@trpc/client'
import { initTRPC, type inferRouterInputs, type inferRouterOutputs } from '@trpc/server'
import superjson from 'superjson'
import {
  createJwtTrivial,
  createJwtVerifier,
  memorySessions,
  type BearerContext,
  type IssuedToken,
  type JwtTrivial,
  type JwtTrivialOptions,
  type TokenPair,
  type SessionControls,
  type SessionOptions,
  type SessionStore,
} from 'trpc-jwt-trivial'
import { describe, expectTypeOf, test } from 'vitest'
import * as z from 'zod'

const passphrase = process.env['JWT_PASSPHRASE']
const store = memorySessions()
const claims = z.object({ sub: z.string(), role: z.enum(['reader', 'writer']) })
const credentials = z.object({ email: z.string() })
const authorise = ({ input }: { input: { email: string } }) => ({ sub: input.email, role: 'reader' as const })

const renewable = createJwtTrivial({
  passphrase,
  claims,
  credentials,
  authorise,
  sessions: { store, reauthorise: async ({ sub }) => sub !== 'eve' && { sub, role: 'writer' } },
})
const plain = createJwtTrivial({ passphrase, claims, credentials, authorise })

describe('with sessions', () => {
  const t = initTRPC.context<typeof renewable.createContext>().create({ transformer: superjson })
  const nested = t.router({ token: renewable.tokenRouter, hello: t.procedure.query(() => 'hello') })
  const merged = t.mergeRouters(t.router({ hello: t.procedure.query(() => 'hello') }), renewable.tokenRouter)
  const nestedClient = createTRPCClient<typeof nested>({ links: [httpLink({ url: '', transformer: superjson })] })
  const mergedClient = createTRPCClient<typeof merged>({ links: [httpLink({ url: '', transformer: superjson })] })

  test('the nested router knows what its procedures take and answer', () => {
    expectTypeOf<inferRouterInputs<typeof nested>['token']>().toEqualTypeOf<{
      create: { email: string }
      refresh: { refreshToken: string }
      revoke: { refreshToken?: string | undefined } | void
    }>()
    expectTypeOf<inferRouterOutputs<typeof nested>['token']>().toEqualTypeOf<{
      create: TokenPair
      refresh: TokenPair
      revoke: void
    }>()
  })

  test('so does the merged one', () => {
    expectTypeOf<inferRouterOutputs<typeof merged>>().toEqualTypeOf<{
      hello: string
      create: TokenPair
      refresh: TokenPair
      revoke: void
    }>()
  })

  test('so does the client of either, and nothing there is any', () => {
    for (const token of [nestedClient.token, mergedClient]) {
      expectTypeOf(token).not.toBeAny()
      expectTypeOf(token.create.mutate).not.toBeAny()
      expectTypeOf(token.refresh.mutate).not.toBeAny()
      expectTypeOf(token.revoke.mutate).not.toBeAny()
      expectTypeOf(token.create.mutate).returns.resolves.toEqualTypeOf<TokenPair>()
      expectTypeOf(token.refresh.mutate).parameter(0).toEqualTypeOf<{ refreshToken: string }>()
      expectTypeOf(token.refresh.mutate).returns.resolves.toEqualTypeOf<TokenPair>()
      expectTypeOf(token.revoke.mutate).toBeCallableWith()
      expectTypeOf(token.revoke.mutate).toBeCallableWith({ refreshToken: '' })
      expectTypeOf(token.revoke.mutate).toBeCallableWith({})
      expectTypeOf(token.revoke.mutate).returns.resolves.toEqualTypeOf<void>()
    }
    expectTypeOf<TokenPair['refreshToken']>().toEqualTypeOf<string>()
    // @ts-expect-error a refresh token is needed
    void nestedClient.token.refresh.mutate()
    // @ts-expect-error it is a text
    void nestedClient.token.refresh.mutate({ refreshToken: 1 })
    // @ts-expect-error so it is here
    void nestedClient.token.revoke.mutate({ refreshToken: 1 })
    // @ts-expect-error a mutation, no query
    void nestedClient.token.refresh.query
  })

  test('sessions can be ended', () => {
    expectTypeOf(renewable).toExtend<SessionControls>()
    expectTypeOf(renewable.endSession).toEqualTypeOf<(sid: string) => Promise<void>>()
    expectTypeOf(renewable.endSessions).toBeCallableWith('ann')
    expectTypeOf(renewable.endSessions).toBeCallableWith('ann', { except: 'sid' })
    // @ts-expect-error whose?
    void renewable.endSessions()
    // @ts-expect-error a session is named by a text
    void renewable.endSession(1)
    // @ts-expect-error no such option
    void renewable.endSessions('ann', { but: 'sid' })
  })

  test('ctx.jwt is what it is without', () => {
    expectTypeOf(renewable.protectedProcedure).toEqualTypeOf(plain.protectedProcedure)
    expectTypeOf(renewable.createContext).toEqualTypeOf(plain.createContext)
  })
})

describe('without sessions', () => {
  const t = initTRPC.context<typeof plain.createContext>().create()
  const nested = t.router({ token: plain.tokenRouter })
  const client = createTRPCClient<typeof nested>({ links: [httpLink({ url: '' })] })

  test('there is token.create, which answers no refresh token, and nothing to refresh or to revoke', () => {
    expectTypeOf<inferRouterOutputs<typeof nested>['token']>().toEqualTypeOf<{ create: IssuedToken }>()
    expectTypeOf<IssuedToken>().not.toHaveProperty('refreshToken')
    // @ts-expect-error there is none
    void client.token.refresh
    // @ts-expect-error nor this
    void client.token.revoke
  })

  test('there is no session to end', () => {
    expectTypeOf(plain).not.toHaveProperty('endSession')
    expectTypeOf(plain).not.toHaveProperty('endSessions')
    expectTypeOf(createJwtVerifier({ passphrase, sessions: { store } })).not.toHaveProperty('endSession')
  })
})

describe('what reauthorise answers', () => {
  const common = { passphrase, claims, credentials, authorise } as const

  test('is claims as the schema takes them, or a refusal', () => {
    createJwtTrivial({ ...common, sessions: { store, reauthorise: () => ({ sub: 'ann', role: 'reader' }) } })
    createJwtTrivial({ ...common, sessions: { store, reauthorise: async () => false } })
    createJwtTrivial({ ...common, sessions: { store, reauthorise: () => null } })
    createJwtTrivial({ ...common, sessions: { store, reauthorise: async () => undefined } })
    createJwtTrivial({
      ...common,
      sessions: { store, reauthorise: async ({ sub }) => (sub === 'eve' ? null : { sub, role: 'writer' }) },
    })
  })

  test('is no wrong role', () => {
    // @ts-expect-error no role
    createJwtTrivial({ ...common, sessions: { store, reauthorise: () => ({ sub: 'ann', role: 'admin' }) } })
    // @ts-expect-error nor where it may refuse
    createJwtTrivial({ ...common, sessions: { store, reauthorise: async ({ sub }) => sub && { sub, role: 'admin' } } })
  })

  test('lacks no claim', () => {
    // @ts-expect-error role is missing
    createJwtTrivial({ ...common, sessions: { store, reauthorise: () => ({ sub: 'ann' }) } })
    // @ts-expect-error all are missing
    createJwtTrivial({ ...common, sessions: { store, reauthorise: () => true } })
  })

  test('is nothing else', () => {
    // @ts-expect-error a text
    createJwtTrivial({ ...common, sessions: { store, reauthorise: () => 'yes' } })
    // @ts-expect-error sub is a text
    createJwtTrivial({ ...common, sessions: { store, reauthorise: () => ({ sub: 1, role: 'reader' }) } })
  })

  test('may be true where no claims are asked for, and sub is a text there too', () => {
    const untyped = { passphrase, authorise: () => ({ sub: 'ann' }) }
    createJwtTrivial({ ...untyped, sessions: { store, reauthorise: () => true } })
    createJwtTrivial({ ...untyped, sessions: { store, reauthorise: ({ sub }) => ({ sub, anything: [1] }) } })
    // @ts-expect-error sub is a text
    createJwtTrivial({ ...untyped, sessions: { store, reauthorise: () => ({ sub: 1 }) } })
  })
})

describe('the sessions option', () => {
  const common = { passphrase, authorise: () => ({ sub: 'ann' }) }

  test('gives reauthorise the subject, the session and the context', () => {
    createJwtTrivial({
      ...common,
      sessions: {
        store,
        reauthorise: (opts) => {
          expectTypeOf(opts).not.toBeAny()
          expectTypeOf(opts.sub).toEqualTypeOf<string>()
          expectTypeOf(opts.sid).toEqualTypeOf<string>()
          expectTypeOf(opts.ctx).toEqualTypeOf<BearerContext>()
          return true
        },
      },
    })
  })

  test('types the context of authorise and reauthorise by annotation', () => {
    interface AppContext extends BearerContext {
      db: Map<string, 'reader' | 'writer'>
    }
    const jwt = createJwtTrivial({
      passphrase,
      claims,
      credentials,
      authorise: ({ input, ctx }: { input: { email: string }; ctx: AppContext }) => {
        const role = ctx.db.get(input.email)
        return role && { sub: input.email, role }
      },
      sessions: {
        store,
        reauthorise: ({ sub, ctx }: { sub: string; sid: string; ctx: AppContext }) => {
          expectTypeOf(ctx.db).toEqualTypeOf<Map<string, 'reader' | 'writer'>>()
          const role = ctx.db.get(sub)
          return role && { sub, role }
        },
      },
    })
    expectTypeOf(jwt.tokenRouter).toEqualTypeOf(renewable.tokenRouter)
  })

  test('needs a store and reauthorise', () => {
    // @ts-expect-error no reauthorise
    createJwtTrivial({ ...common, sessions: { store } })
    // @ts-expect-error no store
    createJwtTrivial({ ...common, sessions: { reauthorise: () => true } })
    // @ts-expect-error a store is more than a question
    createJwtTrivial({ ...common, sessions: { store: { isLive: async () => true }, reauthorise: () => true } })
    // @ts-expect-error a session ends
    createJwtTrivial({ ...common, sessions: { store, reauthorise: () => true, expiresIn: 'never' } })
  })

  test('of a verifier needs a store to ask, and knows nothing of renewal', () => {
    createJwtVerifier({
      passphrase,
      sessions: { store: { isLive: async (sid: string) => sid !== '' }, cacheSeconds: 5 },
    })
    // @ts-expect-error it renews nothing
    createJwtVerifier({ passphrase, sessions: { store, reauthorise: () => true } })
  })

  test('takes any SessionStore', () => {
    const own = {} as SessionStore
    expectTypeOf(
      createJwtTrivial({ ...common, sessions: { store: own, reauthorise: () => true } }),
    ).toExtend<SessionControls>()
    expectTypeOf(memorySessions()).toExtend<SessionStore>()
  })

  test('may be written apart, as may all options', () => {
    const sessions: SessionOptions = { store, reauthorise: () => ({ role: 'reader' }) }
    expectTypeOf(createJwtTrivial({ ...common, sessions })).toExtend<SessionControls>()
    const options: JwtTrivialOptions = { passphrase, authorise: () => ({ sub: 'ann' }) }
    expectTypeOf(createJwtTrivial(options)).toEqualTypeOf<JwtTrivial>()
    // @ts-expect-error it answers no claims
    const bad: JwtTrivialOptions = { passphrase, authorise: () => 'ann' }
    expectTypeOf(bad).not.toBeAny()
  })
})
