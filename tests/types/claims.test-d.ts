import { initTRPC } from '@trpc/server'
import { createJwtTrivial, createJwtVerifier, type Claims } from 'trpc-jwt-trivial'
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
const t = initTRPC.context<typeof jwt.createContext>().create()

describe('ctx.jwt', () => {
  test('is what the schema makes of the claims, beside the registered ones, and not any', () => {
    jwt.protectedProcedure.query(({ ctx }) => {
      expectTypeOf(ctx).not.toBeAny()
      expectTypeOf(ctx.jwt).not.toBeAny()
      expectTypeOf(ctx.jwt.sub).toEqualTypeOf<string>()
      expectTypeOf(ctx.jwt.role).toEqualTypeOf<'reader' | 'writer'>()
      expectTypeOf(ctx.jwt.exp).toEqualTypeOf<number | undefined>()
      expectTypeOf(ctx.jwt.jti).toEqualTypeOf<string | undefined>()
      expectTypeOf(ctx.jwt.aud).toEqualTypeOf<string | string[] | undefined>()
      expectTypeOf(ctx.bearer.status).toEqualTypeOf<'missing' | 'malformed' | 'present'>()
      // @ts-expect-error no such claim
      return ctx.jwt.name
    })
  })

  test('is read-only', () => {
    jwt.protectedProcedure.query(({ ctx }) => {
      // @ts-expect-error read-only
      ctx.jwt.role = 'writer'
    })
  })

  test('is what the schema gives, not what it takes', () => {
    const transforming = createJwtVerifier({ passphrase, claims: z.object({ level: z.string().transform(Number) }) })
    transforming.protectedProcedure.query(({ ctx }) => {
      expectTypeOf(ctx.jwt.level).toEqualTypeOf<number>()
      expectTypeOf(ctx.jwt.sub).toEqualTypeOf<string | undefined>()
      expectTypeOf(ctx.jwt.scope).toBeUnknown()
    })
  })

  test('of an app without a schema has sub, and claims that are unknown', () => {
    const untyped = createJwtTrivial({ passphrase, authorise: () => ({ sub: 'ann', anything: 1 }) })
    untyped.protectedProcedure.query(({ ctx }) => {
      expectTypeOf(ctx.jwt).not.toBeAny()
      expectTypeOf(ctx.jwt).toEqualTypeOf<Claims>()
      expectTypeOf(ctx.jwt.sub).toEqualTypeOf<string | undefined>()
      expectTypeOf(ctx.jwt.exp).toEqualTypeOf<number | undefined>()
      expectTypeOf(ctx.jwt['anything']).toBeUnknown()
    })
  })

  test('is absent where nobody verified', () => {
    t.procedure.query(({ ctx }) => {
      // @ts-expect-error no guard, no claims
      return ctx.jwt
    })
  })
})

describe('authorise', () => {
  test('keeps the literal of a claim in async functions, behind && and in a branch', () => {
    createJwtTrivial({ passphrase, claims, authorise: async () => ({ sub: 'ann', role: 'writer' }) })
    createJwtTrivial({ passphrase, claims, authorise: async () => Math.random() > 1 && { sub: 'ann', role: 'writer' } })
    createJwtTrivial({
      passphrase,
      claims,
      authorise: () => (Math.random() > 1 ? { sub: 'ann', role: 'reader' } : null),
    })
    createJwtTrivial({
      passphrase,
      claims,
      authorise: ({ ctx }) => (ctx.bearer.token ? { sub: 'a', role: 'reader' } : undefined),
    })
    createJwtTrivial({
      passphrase,
      claims,
      credentials,
      authorise: async ({ input }) => {
        const user = await Promise.resolve(input.email === '' ? null : { id: 'ann', role: 'reader' as const })
        return user && { sub: user.id, role: user.role }
      },
    })
  })

  test('may answer lists and objects, written in place or read-only', () => {
    const nested = z.object({ tags: z.array(z.string()), on: z.object({ ids: z.array(z.number()) }) })
    createJwtTrivial({ passphrase, claims: nested, authorise: () => ({ tags: ['a', 'b'], on: { ids: [1] } }) })
    const tags: readonly string[] = ['a']
    createJwtTrivial({ passphrase, claims: nested, authorise: async () => ({ tags, on: { ids: [] } }) })
    // @ts-expect-error a list of numbers
    createJwtTrivial({ passphrase, claims: nested, authorise: () => ({ tags, on: { ids: ['1'] } }) })
  })

  test('may refuse whatever it is asked', () => {
    createJwtTrivial({ passphrase, claims, authorise: () => false })
    createJwtTrivial({ passphrase, claims, authorise: () => null })
    createJwtTrivial({ passphrase, claims, authorise: () => undefined })
  })

  test('may answer true where the schema demands nothing', () => {
    createJwtTrivial({ passphrase, authorise: () => true })
    createJwtTrivial({ passphrase, claims: z.object({ note: z.string().optional() }), authorise: () => true })
  })

  test('may add sub and scope to what the schema names', () => {
    const role = z.object({ role: z.string() })
    createJwtTrivial({
      passphrase,
      claims: role,
      authorise: () => ({ role: 'a', sub: 'ann', scope: ['read', 'write'] }),
    })
    createJwtTrivial({ passphrase, claims: role, authorise: () => ({ role: 'a', sub: 'ann', scope: 'read write' }) })
    // @ts-expect-error sub is a text, also where the schema does not name it
    createJwtTrivial({ passphrase, claims: role, authorise: () => ({ role: 'a', sub: 1 }) })
    // @ts-expect-error scope is a text or a list of them
    createJwtTrivial({ passphrase, claims: role, authorise: () => ({ role: 'a', scope: 1 }) })
  })

  test('must not answer a wrong role', () => {
    // @ts-expect-error admin is no role
    createJwtTrivial({ passphrase, claims, authorise: () => ({ sub: 'ann', role: 'admin' }) })
    // @ts-expect-error nor in an async function, behind &&
    createJwtTrivial({ passphrase, claims, authorise: async () => Math.random() > 1 && { sub: 'ann', role: 'admin' } })
  })

  test('must not leave out a claim', () => {
    // @ts-expect-error role is missing
    createJwtTrivial({ passphrase, claims, authorise: () => ({ sub: 'ann' }) })
    // @ts-expect-error sub is missing
    createJwtTrivial({ passphrase, claims, authorise: async () => ({ role: 'reader' }) })
  })

  test('must not answer a claim of another type', () => {
    // @ts-expect-error sub is a text
    createJwtTrivial({ passphrase, claims, authorise: () => ({ sub: 1, role: 'reader' }) })
    // @ts-expect-error also without a schema
    createJwtTrivial({ passphrase, authorise: () => ({ sub: 1 }) })
  })

  test('must not answer a text or a number', () => {
    // @ts-expect-error not true
    createJwtTrivial({ passphrase, authorise: () => 'yes' })
    // @ts-expect-error nor with a schema
    createJwtTrivial({ passphrase, claims, authorise: () => 'yes' })
    // @ts-expect-error nor a number
    createJwtTrivial({ passphrase, authorise: () => 1 })
  })

  test('must not answer true where the schema demands claims', () => {
    // @ts-expect-error the schema demands sub and role
    createJwtTrivial({ passphrase, claims, authorise: () => true })
    // @ts-expect-error nor a boolean
    createJwtTrivial({ passphrase, claims, authorise: async () => Math.random() > 1 })
  })

  test('sees the credentials as their schema gives them, and undefined without one', () => {
    createJwtTrivial({
      passphrase,
      credentials: z.object({ pin: z.string().transform(Number) }),
      authorise: ({ input, ctx }) => {
        expectTypeOf(input).toEqualTypeOf<{ pin: number }>()
        expectTypeOf(ctx).not.toBeAny()
        return true
      },
    })
    createJwtTrivial({
      passphrase,
      authorise: ({ input }) => {
        expectTypeOf(input).toEqualTypeOf<undefined>()
        return true
      },
    })
  })

  test('may ask for a context of the app’s own', () => {
    createJwtTrivial({ passphrase, authorise: ({ ctx }: { ctx: { db: Map<string, string> } }) => ctx.db.has('ann') })
  })
})

describe('protect', () => {
  test('gives the same ctx.jwt as protectedProcedure', () => {
    expectTypeOf(jwt.protect()).toEqualTypeOf(jwt.protectedProcedure)
    expectTypeOf(jwt.protect({ scope: 'read', maxAge: '5m', audience: ['a'] })).toEqualTypeOf(jwt.protectedProcedure)
  })

  test('with optional gives claims or null', () => {
    jwt.protect({ optional: true }).query(({ ctx }) => {
      expectTypeOf(ctx.jwt).not.toBeAny()
      expectTypeOf(ctx.jwt?.role).toEqualTypeOf<'reader' | 'writer' | undefined>()
      // @ts-expect-error may be null
      return ctx.jwt.role
    })
  })

  test('with optional excludes every other requirement', () => {
    // @ts-expect-error optional excludes scope
    jwt.protect({ optional: true, scope: 'read' })
    // @ts-expect-error optional excludes maxAge
    jwt.protect({ optional: true, maxAge: '5m' })
    // @ts-expect-error optional excludes audience
    jwt.protect({ optional: true, audience: 'a' })
    // @ts-expect-error optional excludes issuer
    jwt.protect({ optional: true, issuer: 'i' })
    // @ts-expect-error optional excludes subject
    jwt.protect({ optional: true, subject: 's' })
    // @ts-expect-error optional is true or left out
    jwt.protect({ optional: false })
  })

  test('takes durations, and no words', () => {
    jwt.protect({ maxAge: 300 })
    // @ts-expect-error no Duration
    jwt.protect({ maxAge: '5 minutes' })
    // @ts-expect-error no option
    jwt.protect({ scopes: 'read' })
  })
})
