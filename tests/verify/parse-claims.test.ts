import { runInNewContext } from 'node:vm'

import type { StandardSchemaV1 } from '@standard-schema/spec'
import { createJwtTrivial, createJwtVerifier } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { call, callBehind, contextWith, invalid, refusal } from '../support/call.ts'
import { mint, mintText, PASSPHRASE } from '../support/mint.ts'

const plain = createJwtVerifier({ passphrase: PASSPHRASE })

/** A verifier with a claims schema. */
const withClaims = <In extends object, Out>(claims: StandardSchemaV1<In, Out>) =>
  createJwtVerifier({ passphrase: PASSPHRASE, claims })

/** A schema that answers what the function makes of its input; a stand-in for what zod cannot be made to do. */
const schemaOf = <Out>(validate: (value: unknown) => Out | Promise<Out>): StandardSchemaV1<object, Out> => ({
  '~standard': {
    version: 1,
    vendor: 'tests',
    validate: async (value) => ({ value: await validate(value) }),
  },
})

describe('without a schema', () => {
  test('ctx.jwt is the whole payload', async () => {
    const payload = {
      iss: 'i',
      exp: 9_999_999_999,
      jti: 'j',
      sid: 's',
      auth_time: 1,
      role: 'reader',
      list: [1, { a: null }],
    }
    expect(await call(plain, mintText('{"alg":"HS256"}', JSON.stringify(payload)))).toEqual(payload)
  })

  test('ctx.jwt is frozen, to its depths', async () => {
    const claims = await call(plain, mint({ list: [{ deep: { deeper: 1 } }] }))
    const [first] = claims['list'] as [{ deep: object }]
    expect([claims, claims['list'], first, first.deep].every((each) => Object.isFrozen(each))).toBe(true)
    expect(() => Object.assign(claims, { sub: 'bob' })).toThrow(TypeError)
  })
})

describe('the claims schema', () => {
  test('sees the payload without the registered claims', async () => {
    const seen: unknown[] = []
    const jwt = withClaims(schemaOf((value) => (seen.push(value), value as object)))
    await call(jwt, mint({ nbf: 1, jti: 'j', sid: 's', auth_time: 1, scope: 'read', role: 'reader' }))
    expect(seen).toEqual([{ sub: 'ann', scope: 'read', role: 'reader' }])
  })

  test('never sees a token whose signature does not hold, nor one that is over', async () => {
    const seen: unknown[] = []
    const jwt = withClaims(schemaOf((value) => (seen.push(value), value as object)))
    await refusal(jwt, mint({}, { passphrase: PASSPHRASE.toUpperCase() }))
    await refusal(jwt, mint({ exp: 1 }))
    await refusal(jwt, mint({ aud: 'someone else' }))
    expect(seen).toEqual([])
  })

  test('gives ctx.jwt its output, beside the registered claims', async () => {
    const jwt = withClaims(z.object({ role: z.string().transform((role) => role.toUpperCase()) }))
    const claims = await call(jwt, mint({ iat: 1, exp: 9_999_999_999, jti: 'j', role: 'reader' }))
    expect(claims).toEqual({ sub: 'ann', iat: 1, exp: 9_999_999_999, jti: 'j', role: 'READER' })
  })

  test('takes away what it does not name, but never sub and scope', async () => {
    const claims = await call(withClaims(z.object({})), mint({ scope: 'read', role: 'reader' }))
    expect(claims).toMatchObject({ sub: 'ann', scope: 'read' })
    expect(claims).not.toHaveProperty('role')
  })

  test('adds no sub and no scope to a token without', async () => {
    const claims = await call(withClaims(z.object({})), mint({ sub: undefined }))
    expect(Object.keys(claims)).toEqual(['iat', 'exp'])
  })

  test('may give sub and scope back otherwise', async () => {
    const jwt = withClaims(schemaOf(() => ({ sub: 'changed', scope: ['a'] })))
    expect(await call(jwt, mint({ scope: 'read' }))).toMatchObject({ sub: 'changed', scope: ['a'] })
  })

  test('cannot give back registered claims otherwise than they were verified', async () => {
    const jwt = withClaims(schemaOf(() => ({ exp: 1, jti: 'other' })))
    expect(await call(jwt, mint({ exp: 9_999_999_999, jti: 'j' }))).toMatchObject({ exp: 9_999_999_999, jti: 'j' })
  })

  test('may be asynchronous', async () => {
    const jwt = withClaims(z.object({ role: z.string().refine(async (role) => Promise.resolve(role === 'reader')) }))
    expect(await call(jwt, mint({ role: 'reader' }))).toMatchObject({ role: 'reader' })
    expect(await refusal(jwt, mint({ role: 'writer' }))).toEqual(invalid('invalid_claims'))
  })

  test('runs once for the guards that a call passes', async () => {
    let runs = 0
    const jwt = withClaims(schemaOf((value) => ((runs += 1), value as object)))
    const ctx = contextWith(jwt, mint())
    await callBehind(jwt.protectedProcedure.concat(jwt.protect({})), ctx)
    expect(runs).toBe(1)
  })

  test('gets the claims unchanged: the library coerces nothing', async () => {
    const strict = withClaims(z.object({ level: z.number() }))
    expect(await call(strict, mint({ level: 1 }))).toMatchObject({ level: 1 })
    expect(await refusal(strict, mint({ level: '1' }))).toEqual(invalid('invalid_claims'))
    expect(await refusal(strict, mint({ level: [1] }))).toEqual(invalid('invalid_claims'))
    expect(await refusal(strict, mint({ level: null }))).toEqual(invalid('invalid_claims'))
  })

  test('may coerce claims itself', async () => {
    const lenient = withClaims(z.object({ level: z.coerce.number() }))
    expect(await call(lenient, mint({ level: '1' }))).toMatchObject({ level: 1 })
  })
})

describe('a schema refuses a token, and the client learns no more than that', () => {
  test.each<[string, StandardSchemaV1<object>, Record<string, unknown>]>([
    ['whose claim is of another type', z.object({ role: z.string() }), { role: 1 }],
    ['that lacks a claim', z.object({ role: z.string() }), {}],
    ['whose claim is not in the list', z.object({ role: z.enum(['reader', 'writer']) }), { role: 'admin' }],
    ['that has more than a strict schema names', z.strictObject({ sub: z.string() }), { more: true }],
  ])('%s', async (_what, schema, claims) => {
    expect(await refusal(withClaims(schema), mint(claims))).toEqual(invalid('invalid_claims'))
  })

  test.each([
    ['throws', () => Promise.reject(new Error('the schema is broken'))],
    ['answers a text', () => 'claims'],
    ['answers null', () => null],
    ['answers undefined', () => undefined],
    ['answers a list', () => ['claims']],
    ['answers an instance of a class, whose methods no copy would have', () => new Map()],
  ])('where it %s', async (_what, validate) => {
    expect(await refusal(withClaims(schemaOf<unknown>(validate)), mint())).toEqual(invalid('invalid_claims'))
  })

  test('where it finds fault and answers a value all the same', async () => {
    const both = { issues: [{ message: 'no' }], value: { sub: 'ann' } }
    const claims: StandardSchemaV1<object> = { '~standard': { version: 1, vendor: 'tests', validate: () => both } }
    expect(await refusal(withClaims(claims), mint())).toEqual(invalid('invalid_claims'))
  })
})

describe('the schema output', () => {
  test('is all that a schema decides: changes to what it was given change no other call', async () => {
    const jwt = withClaims(
      schemaOf((value) => {
        const given = value as { tags: string[] }
        given.tags.push('changed')
        return { tags: given.tags, made: new Date(0) }
      }),
    )
    const ctx = contextWith(jwt, mint({ tags: ['mine'] }))
    expect((await callBehind(jwt.protectedProcedure, ctx)).tags).toEqual(['mine', 'changed'])
    expect((await callBehind(jwt.protectedProcedure, ctx)).tags).toEqual(['mine', 'changed'])
  })

  test('may be an object of another realm, as test runners have two', async () => {
    const foreign: unknown = runInNewContext('({ role: "reader" })')
    const jwt = withClaims(schemaOf(() => foreign as object))
    expect(await call(jwt, mint())).toMatchObject({ sub: 'ann', role: 'reader' })
  })

  test('may be lists and absent members, frozen to their depths', async () => {
    const jwt = withClaims(schemaOf(() => ({ list: [{ n: 1 }], nick: undefined, none: null })))
    const claims = (await call(jwt, mint())) as { list: object[] }
    expect(claims).toMatchObject({ list: [{ n: 1 }], none: null })
    expect([claims.list, claims.list[0]].map((each) => Object.isFrozen(each))).toEqual([true, true])
  })

  test('is copied before it is frozen: objects of the app stay as they are', async () => {
    const own = { sub: 'ann', settings: { theme: 'dark' } }
    const claims = await call(withClaims(schemaOf(() => own)), mint())
    expect(Object.isFrozen(claims.settings)).toBe(true)
    expect(Object.isFrozen(own) || Object.isFrozen(own.settings)).toBe(false)
    expect(claims.settings).not.toBe(own.settings)
  })

  test('may hold what is no plain object, which keeps its prototype', async () => {
    const jwt = withClaims(z.object({ born: z.string().transform((text) => new Date(text)) }))
    const { born } = await call(jwt, mint({ born: '2000-01-01T00:00:00.000Z' }))
    expect(born).toEqual(new Date('2000-01-01T00:00:00.000Z'))
  })
})

describe('names that mean something to objects', () => {
  const payload = '{"exp":9999999999,"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}'
  const token = mintText('{"alg":"HS256"}', payload)

  test.each([
    ['without a schema', plain],
    ['with a schema that lets everything through', withClaims(z.looseObject({}))],
    ['with a schema that names nothing', withClaims(z.object({}))],
    ['with a schema that gives its input back', withClaims(schemaOf((value) => value as object))],
  ])('reach no prototype %s', async (_what, jwt) => {
    const claims = await callBehind<object>(jwt.protectedProcedure, contextWith(jwt, token))
    expect(Object.getPrototypeOf(claims)).toBe(Object.prototype)
    expect('admin' in claims).toBe(false)
    expect('admin' in {}).toBe(false)
  })

  test('do not stand in for claims that are not there', async () => {
    const inherited = mintText('{"alg":"HS256"}', '{"__proto__":{"exp":9999999999,"sub":"ann"}}')
    expect(await refusal(plain, inherited)).toEqual(invalid('invalid_claims'))
  })
})

test('a trivial instance and a verifier give the same claims', async () => {
  const claims = z.object({ role: z.string() })
  const jwt = createJwtTrivial({ passphrase: PASSPHRASE, claims, authorise: () => ({ role: 'reader' }) })
  const token = await jwt.createAccessToken({ role: 'reader' })
  expect(await call(jwt, token)).toEqual(await call(withClaims(claims), token))
})
