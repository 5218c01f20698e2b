import type { StandardSchemaV1 } from '@standard-schema/spec'
import { createJwtTrivial, type IssuedToken, type JwtTrivialOptions } from 'trpc-jwt-trivial'
import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { call } from '../support/call.ts'
import { PASSPHRASE } from '../support/mint.ts'

const NOW = 1_800_000_000
const toJSON = () => ({ sub: 'ann', sid: 'other' })
const clock = () => new Date(NOW * 1000 + 999)

type Options = Omit<JwtTrivialOptions, 'authorise' | 'claims'> & { claims?: StandardSchemaV1<object, unknown> }

/** Signs in where `authorise` answers `answer`, whatever the types say. */
function signIn(answer: unknown, options: Options = {}): Promise<IssuedToken> {
  const jwt = createJwtTrivial({ passphrase: PASSPHRASE, clock, ...options, authorise: () => answer as false })
  return jwt.tokenRouter.createCaller({ bearer: { status: 'missing' } }).create()
}

const payloadOf = async (issued: Promise<IssuedToken>) => decodeJwt((await issued).token)

describe('authorise cannot set what the library writes', () => {
  test.each(['iss', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sid', 'auth_time'])('%s', async (name) => {
    const message = `The claims of a token must not set \`${name}\`, which the library writes.`
    await expect(signIn({ sub: 'ann', [name]: 1 })).rejects.toMatchObject({ code: 'INTERNAL_SERVER_ERROR', message })
  })

  test('nor by a toJSON of its own', async () => {
    await expect(signIn({ sub: 'ann', toJSON })).rejects.toMatchObject({
      message: 'The claims of a token have a `toJSON` that JSON cannot represent.',
    })
    await expect(signIn(Object.create({ toJSON }))).rejects.toMatchObject({
      message: 'The claims of a token must be a plain object.',
    })
  })
})

describe('what JSON would change is a developer error that names the claim', () => {
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  test.each<[string, unknown]>([
    ['a Date', new Date(0)],
    ['a Date in a list in an object', { list: [new Date(0)] }],
    ['a Uint8Array', new Uint8Array(4)],
    ['a BigInt', 1n],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['a cycle', cycle],
    ['a tower that overflows', Array.from({ length: 100_000 }).reduce<unknown[]>((inner) => [inner], [])],
    ['a Map', new Map([['a', 1]])],
    ['a Set', new Set([1])],
    ['a function', () => 1],
    ['a symbol', Symbol('a')],
    ['a list with undefined', [1, undefined]],
    ['a list with a hole', Object.assign([], { 1: 1 })],
    ['an object with a toJSON', { toJSON: () => 1 }],
    [
      'an instance of a class',
      new (class User {
        name = 'ann'
      })(),
    ],
  ])('%s', async (_what, value) => {
    await expect(signIn({ sub: 'ann', fine: 1, suspect: value })).rejects.toMatchObject({
      code: 'INTERNAL_SERVER_ERROR',
      message: 'The claims of a token have a `suspect` that JSON cannot represent.',
    })
  })

  test('an undefined claim is none, as JSON has it', async () => {
    expect(await payloadOf(signIn({ sub: 'ann', role: undefined, deep: { role: undefined } }))).toMatchObject({
      deep: {},
    })
  })

  test('a Date for all claims', async () => {
    await expect(signIn(new Date(0))).rejects.toMatchObject({
      message: 'The claims of a token must be a plain object.',
    })
  })
})

describe('sub', () => {
  test('must be a text', async () => {
    const message = 'The claims of a token must have a string as `sub` (RFC 7519 4.1.2).'
    await expect(signIn({ sub: 1 })).rejects.toMatchObject({ message })
    await expect(signIn({ sub: null })).rejects.toMatchObject({ message })
  })

  test('must not differ from the subject option', async () => {
    const message = 'The claims of a token have a `sub` that differs from the expected `subject`.'
    await expect(signIn({ sub: 'bob' }, { subject: 'ann' })).rejects.toMatchObject({ message })
    expect(await payloadOf(signIn({ sub: 'ann' }, { subject: 'ann' }))).toMatchObject({ sub: 'ann' })
  })
})

describe('the claims schema, when issuing', () => {
  const claims = z.object({ sub: z.string(), role: z.enum(['reader', 'writer']) })

  test('lets through what it accepts, as it came in', async () => {
    const upper = z.object({ role: z.string().transform((role) => role.toUpperCase()) })
    expect(await payloadOf(signIn({ role: 'reader' }, { claims: upper }))).toMatchObject({ role: 'reader' })
  })

  test('refuses by the name of the claim', async () => {
    await expect(signIn({ sub: 'ann', role: 'admin' }, { claims: claims })).rejects.toMatchObject({
      code: 'INTERNAL_SERVER_ERROR',
      message: 'The claims of a token have a `role` that the `claims` schema rejects.',
    })
  })

  test('refuses true where it demands claims', async () => {
    await expect(signIn(true, { claims: claims })).rejects.toMatchObject({
      message: 'The claims of a token have a `sub` that the `claims` schema rejects.',
    })
  })

  test('refuses without a name where it blames the whole', async () => {
    const whole = z.object({}).refine(() => false)
    await expect(signIn(true, { claims: whole })).rejects.toMatchObject({
      message: 'The claims of a token were rejected by the `claims` schema.',
    })
  })

  test('must answer a plain object, or the token would be refused', async () => {
    for (const odd of ['claims', null, ['claims'], new Map()]) {
      const oddly = z.object({}).transform(() => odd)
      await expect(signIn(true, { claims: oddly })).rejects.toMatchObject({
        message: 'The claims of a token must be a plain object as the `claims` schema returns them.',
      })
    }
  })

  test('may name the claim by a segment of a path', async () => {
    const issues = [{ message: 'no', path: [{ key: 'role' }] }]
    const oddly = { '~standard': { version: 1, vendor: 'tests', validate: () => ({ issues }) } } as const
    await expect(signIn(true, { claims: oddly })).rejects.toMatchObject({
      message: 'The claims of a token have a `role` that the `claims` schema rejects.',
    })
  })
})

describe('the length of a token', () => {
  const jwt = createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => true })

  test('may be 8 KiB, and such a token is accepted', async () => {
    const spare = 8192 - (await jwt.createAccessToken({ pad: '' })).length
    const token = await jwt.createAccessToken({ pad: 'x'.repeat(Math.floor((spare * 3) / 4)) })
    expect(token.length).toBeGreaterThan(8188)
    expect(await call(jwt, token)).toHaveProperty('pad')
  })

  test('over 8 KiB is a developer error', async () => {
    await expect(jwt.createAccessToken({ pad: 'x'.repeat(8192) })).rejects.toThrow(
      /^The claims of a token make it 11\d\d\d characters long; the limit is 8192\.$/,
    )
  })
})

test('a schema that changes its input changes nothing that is issued', async () => {
  const claims: StandardSchemaV1<{ n: number }> = {
    '~standard': {
      version: 1,
      vendor: 'tests',
      validate: (value) => ({ value: Object.assign(value as { n: number }, { n: 2 }) }),
    },
  }
  const jwt = createJwtTrivial({ passphrase: PASSPHRASE, claims, authorise: () => false })

  expect(decodeJwt(await jwt.createAccessToken({ n: 1 }))).toHaveProperty('n', 1)
})
