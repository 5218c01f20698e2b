import { initTRPC } from '@trpc/server'
import { createJwtVerifier, type BearerContext, type Outcome, type ProtectOptions } from 'trpc-jwt-trivial'
import { describe, expect, test, vi } from 'vitest'

import { callBehind, contextWith, invalid, refusalOf } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'

const NOW = 1_800_000_000
const OTHER_PASSPHRASE = 'another horse, another battery, another staple, and 64 bytes too'
const clock = () => new Date(NOW * 1000)
const jwt = createJwtVerifier({ passphrase: PASSPHRASE, clock, issuer: 'i', audience: 'a', subject: 'ann' })
const good = { iat: NOW, exp: NOW + 60, iss: 'i', aud: 'a' }

/** Presents a good token with `claims` on top to a procedure that asks for `options`. */
const ask = (options: ProtectOptions, claims: Record<string, unknown> = {}) =>
  callBehind(jwt.protect(options), contextWith(jwt, mint({ ...good, ...claims })))

const insufficient = { reason: 'insufficient_scope', code: 'FORBIDDEN', message: 'Insufficient scope' }
const tooOld = { reason: 'too_old', code: 'UNAUTHORIZED', message: 'Recent authentication required' }

describe('protect with nothing to ask', () => {
  test('is protectedProcedure', async () => {
    expect(await ask({})).toEqual(await callBehind(jwt.protectedProcedure, contextWith(jwt, mint(good))))
    expect(await refusalOf(callBehind(jwt.protect(), contextWith(jwt)))).toMatchObject({ reason: 'missing' })
  })

  test('takes an option that is undefined as one left out', async () => {
    expect(await ask({ scope: undefined, maxAge: undefined, audience: undefined })).toMatchObject({ sub: 'ann' })
  })
})

describe('scope', () => {
  test('is met by a claim that holds all, as text or as a list, in any order', async () => {
    expect(await ask({ scope: 'read write' }, { scope: 'write other read' })).toMatchObject({ sub: 'ann' })
    expect(await ask({ scope: ['read', 'write'] }, { scope: ['write', 'read'] })).toMatchObject({ sub: 'ann' })
    expect(await ask({ scope: 'read' }, { scope: ['read'] })).toMatchObject({ sub: 'ann' })
    expect(await ask({ scope: ['read'] }, { scope: 'read' })).toMatchObject({ sub: 'ann' })
  })

  test.each<[string, unknown]>([
    ['lacks one of them', 'read'],
    ['is absent', undefined],
    ['is empty', ''],
    ['only begins with it', 'reads write'],
    ['has it in another case', 'READ write'],
    ['has it within one text of a list', ['read write']],
    ['has it parted by a comma', 'read,write'],
    ['is an object', { read: true, write: true }],
    ['is true', true],
  ])('is missed by a claim that %s', async (_what, scope) => {
    expect(await refusalOf(ask({ scope: 'read write' }, { scope }))).toEqual(insufficient)
  })

  test('is named to the server in full', async () => {
    const refused = ask({ scope: ['read', 'write'] })
    await expect(refused).rejects.toMatchObject({ cause: { scope: 'read write', maxAge: undefined } })
  })

  test('is asked for only once the token is good', async () => {
    expect(await refusalOf(ask({ scope: 'read' }, { exp: NOW }))).toMatchObject({ reason: 'expired' })
  })
})

describe('maxAge', () => {
  test('is named to the server in seconds', async () => {
    const refused = ask({ maxAge: '5m' }, { auth_time: NOW - 301 })
    await expect(refused).rejects.toMatchObject({ cause: { maxAge: 300, scope: undefined } })
  })

  test('is met by a sign-in that long ago, and no longer', async () => {
    expect(await ask({ maxAge: '5m' }, { auth_time: NOW - 300 })).toMatchObject({ sub: 'ann' })
    expect(await refusalOf(ask({ maxAge: '5m' }, { auth_time: NOW - 301 }))).toEqual(tooOld)
    expect(await refusalOf(ask({ maxAge: 10 }, { auth_time: NOW - 11 }))).toEqual(tooOld)
  })

  test('counts from the sign-in, not from when the token was issued', async () => {
    expect(await refusalOf(ask({ maxAge: '5m' }, { iat: NOW, auth_time: NOW - 3600 }))).toEqual(tooOld)
  })

  test('is missed by a token that does not say when its user signed in', async () => {
    expect(await refusalOf(ask({ maxAge: '5m' }))).toEqual(tooOld)
  })

  test('is asked for after scope', async () => {
    expect(await refusalOf(ask({ maxAge: '5m', scope: 'read' }))).toEqual(insufficient)
  })
})

describe('audience, issuer and subject of a procedure', () => {
  test('replace the instance’s: its own no longer do', async () => {
    expect(await ask({ audience: 'b' }, { aud: 'b' })).toMatchObject({ aud: 'b' })
    expect(await refusalOf(ask({ audience: 'b' }))).toEqual(invalid('wrong_audience'))
    expect(await ask({ issuer: 'j' }, { iss: 'j' })).toMatchObject({ iss: 'j' })
    expect(await refusalOf(ask({ issuer: 'j' }))).toEqual(invalid('wrong_issuer'))
    expect(await ask({ subject: 'bob' }, { sub: 'bob' })).toMatchObject({ sub: 'bob' })
    expect(await refusalOf(ask({ subject: 'bob' }))).toEqual(invalid('wrong_subject'))
  })

  test('leave the others of the instance in place', async () => {
    expect(await refusalOf(ask({ audience: 'b' }, { aud: 'b', iss: 'j' }))).toEqual(invalid('wrong_issuer'))
  })

  test('take a list of audiences', async () => {
    expect(await ask({ audience: ['b', 'c'] }, { aud: ['c', 'd'] })).toMatchObject({ aud: ['c', 'd'] })
  })
})

describe('optional', () => {
  const optional = jwt.protect({ optional: true })

  test('takes another option that is undefined as one left out', async () => {
    const options = { optional: true, scope: undefined } as unknown as { optional: true }
    expect(await callBehind(jwt.protect(options), contextWith(jwt))).toBeNull()
  })

  test('lets callers without credentials in, with ctx.jwt as null', async () => {
    expect(await callBehind(optional, contextWith(jwt))).toBeNull()
  })

  test('takes credentials of another scheme for none', async () => {
    expect(await callBehind(optional, jwt.createContext({ headers: { authorization: 'Basic YTpi' } }))).toBeNull()
  })

  test('gives the claims of a good token', async () => {
    expect(await callBehind(optional, contextWith(jwt, mint(good)))).toMatchObject({ sub: 'ann' })
  })

  test('refuses a bad token all the same', async () => {
    const expired = contextWith(jwt, mint({ ...good, exp: NOW }))
    expect(await refusalOf(callBehind(optional, expired))).toMatchObject({ message: 'Token expired' })
    expect(await refusalOf(callBehind(optional, contextWith(jwt, 'a b')))).toEqual(invalid('malformed'))
    expect(await refusalOf(callBehind(optional, contextWith(jwt, '')))).toEqual(invalid('malformed'))
  })

  test.each<[keyof ProtectOptions, unknown]>([
    ['scope', 'read'],
    ['maxAge', '5m'],
    ['audience', 'a'],
    ['issuer', 'i'],
    ['subject', 'ann'],
  ])('excludes %s, when it is written', (name, value) => {
    expect(() => jwt.protect({ optional: true, [name]: value } as { optional: true })).toThrow(
      new TypeError(
        'protect: `optional` excludes every other option; a caller who needs no token cannot be required to have a particular one',
      ),
    )
  })
})

describe('protect throws, when it is written, for', () => {
  const SCOPE = "protect: `scope` must be one or more scopes, as ['a', 'b'] or 'a b'; got "
  const MAX_AGE =
    "protect: `maxAge` must be whole seconds or a string such as '15m' (s, m, h, d), from 1 second to 100 years; got "
  test.each<[string, unknown, string]>([
    ['an empty scope', { scope: '' }, `${SCOPE}an empty string`],
    ['an empty array of scopes', { scope: [] }, `${SCOPE}an empty array`],
    ['two blanks between scopes', { scope: 'a  b' }, `${SCOPE}a string`],
    ['a quote in a scope', { scope: 'a"b' }, `${SCOPE}a string`],
    ['a line end in a scope', { scope: ['a\r\nb'] }, `${SCOPE}an array of 1`],
    ['a blank in a scope of a list', { scope: ['a b'] }, `${SCOPE}an array of 1`],
    ['a maxAge of nothing', { maxAge: 0 }, `${MAX_AGE}the number 0`],
    ['a maxAge in words', { maxAge: '5 min' }, `${MAX_AGE}a string`],
    [
      'an empty audience',
      { audience: '' },
      'protect: `audience` must be a non-empty string, or an array of them; got an empty string',
    ],
    ['a pattern for an issuer', { issuer: /i/ }, 'protect: `issuer` must be a non-empty string; got an object'],
    ['no object', 'read', 'protect: the options must be an object; got a string'],
  ])('%s', (_what, options, message) => {
    expect(() => jwt.protect(options as ProtectOptions)).toThrow(new TypeError(message))
  })
})

describe('guards in one chain', () => {
  const a = createJwtVerifier({ passphrase: PASSPHRASE, clock })
  const b = createJwtVerifier({ passphrase: OTHER_PASSPHRASE, clock })
  const either = createJwtVerifier({ passphrase: [OTHER_PASSPHRASE, PASSPHRASE], clock, issuer: 'i' })
  const ofA = mint({ iat: NOW, exp: NOW + 60, iss: 'i' })
  const ofB = mint({ iat: NOW, exp: NOW + 60, iss: 'i' }, { passphrase: OTHER_PASSPHRASE })

  test('of two instances with two passphrases both reject the token of the other, in either order', async () => {
    for (const guard of [
      a.protectedProcedure.concat(b.protectedProcedure),
      b.protectedProcedure.concat(a.protectedProcedure),
    ]) {
      expect(await refusalOf(callBehind(guard, contextWith(a, ofA)))).toEqual(invalid('bad_signature'))
      expect(await refusalOf(callBehind(guard, contextWith(a, ofB)))).toEqual(invalid('bad_signature'))
    }
  })

  test('of two instances accept, in either order, a token that both accept', async () => {
    expect(await callBehind(a.protectedProcedure.concat(either.protectedProcedure), contextWith(a, ofA))).toMatchObject(
      { iss: 'i' },
    )
    expect(await callBehind(either.protectedProcedure.concat(a.protectedProcedure), contextWith(a, ofA))).toMatchObject(
      { iss: 'i' },
    )
  })

  test('replace a jwt that the context of the app has by their claims', async () => {
    const t = initTRPC.context<BearerContext & { jwt: { sub: string; admin: true } }>().create()
    const router = t.router({ whoami: t.procedure.concat(a.protectedProcedure).query(({ ctx }) => ctx.jwt) })
    const forged = { sub: 'eve', admin: true } as const
    const caller = (token?: string) => router.createCaller({ ...contextWith(a, token), jwt: forged })
    expect(await caller(ofA).whoami()).toEqual({ sub: 'ann', iat: NOW, exp: NOW + 60, iss: 'i' })
    expect(await refusalOf(caller().whoami())).toMatchObject({ reason: 'missing' })
    expect(await refusalOf(caller(ofB).whoami())).toEqual(invalid('bad_signature'))
  })

  test('that are optional replace a jwt that the context of the app has by null', async () => {
    const ctx = { ...contextWith(a), jwt: { sub: 'eve' } }
    expect(await callBehind(a.protect({ optional: true }), ctx)).toBeNull()
  })

  test('of one instance verify once, and tell retfunc once', async () => {
    const outcomes: Outcome[] = []
    const verify = vi.spyOn(crypto.subtle, 'verify')
    const c = createJwtVerifier({ passphrase: PASSPHRASE, clock, retfunc: (outcome) => void outcomes.push(outcome) })
    const guard = c.protectedProcedure.concat(c.protectedProcedure)
    expect(await callBehind(guard, contextWith(c, ofA))).toMatchObject({ sub: 'ann' })
    expect(verify).toHaveBeenCalledTimes(1)
    expect(outcomes).toEqual([{ type: 'accepted', path: 'whoami', sub: 'ann' }])
    verify.mockRestore()
  })

  test('of one instance all have their say', async () => {
    const guard = a.protect({ issuer: 'i' }).concat(a.protect({ scope: 'read' }))
    expect(await refusalOf(callBehind(guard, contextWith(a, ofA)))).toEqual(insufficient)
    const reversed = a.protect({ scope: 'read' }).concat(a.protectedProcedure)
    expect(await refusalOf(callBehind(reversed, contextWith(a, ofA)))).toEqual(insufficient)
  })
})

test('a context without createContext’s bearer is the developer’s error, whoever calls', async () => {
  const message =
    'A protected procedure got a context without `bearer`. Give your adapter `createContext: jwt.createContext`, ' +
    'or spread `...jwt.createContext(opts)` into the context that you make.'
  for (const ctx of [
    undefined,
    null,
    {},
    { bearer: undefined },
    { bearer: 'token' },
    { bearer: null },
    { bearer: {} },
    { jwt: { sub: 'eve' } },
  ]) {
    await expect(callBehind(jwt.protectedProcedure, ctx as unknown as BearerContext)).rejects.toMatchObject({
      code: 'INTERNAL_SERVER_ERROR',
      message,
    })
  }
})
