import { createJwtTrivial, createJwtVerifier } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { PASSPHRASE } from '../support/mint.ts'
import { messageOf } from '../support/option-errors.ts'

const trivial = (options: object) =>
  messageOf(() => createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => true, ...options }))
const verifier = (options: object) => messageOf(() => createJwtVerifier({ passphrase: PASSPHRASE, ...options }))

describe('unknown options', () => {
  test('a near miss is told the right name', () => {
    const misses = {
      authorize: 'authorise',
      Authorise: 'authorise',
      authorizer: 'authorise',
      login: 'authorise',
      passPhrase: 'passphrase',
      password: 'passphrase',
      secret: 'passphrase',
      algoritm: 'algorithms',
      aud: 'audience',
      iss: 'issuer',
      sub: 'subject',
      retFunc: 'retfunc',
      exp: 'expiresIn',
      expires_in: 'expiresIn',
      leeway: 'clockTolerance',
      claim: 'claims',
    }

    expect(Object.fromEntries(Object.keys(misses).map((miss) => [miss, trivial({ [miss]: 1 })]))).toEqual(
      Object.fromEntries(
        Object.entries(misses).map(([miss, name]) => [
          miss,
          `createJwtTrivial: unknown option \`${miss}\`: did you mean \`${name}\`?`,
        ]),
      ),
    )
  })

  test('authorize instead of authorise is told both: what is unknown, and what is needed', () => {
    expect(messageOf(() => createJwtTrivial({ passphrase: PASSPHRASE, authorize: () => true } as never))).toBe(
      'createJwtTrivial: `authorise` must be a function that returns claims or true to issue a token, and false to refuse; ' +
        'got undefined\ncreateJwtTrivial: unknown option `authorize`: did you mean `authorise`?',
    )
  })

  test('what resembles nothing gets the list of options', () => {
    expect(trivial({ colour: 'red' })).toMatch(
      /^createJwtTrivial: unknown option `colour`: the known options are passphrase, /,
    )
    expect(trivial({ constructor: 1 })).toMatch(
      /^createJwtTrivial: unknown option `constructor`: the known options are /,
    )
  })

  test('a verifier knows no option of an issuer', () => {
    expect(verifier({ authorise: () => true })).toMatch(
      /^createJwtVerifier: unknown option `authorise`: the known options are /,
    )
    expect(verifier({ algorithm: 'HS256' })).toBe(
      'createJwtVerifier: unknown option `algorithm`: did you mean `algorithms`?',
    )
  })

  test('every mistake is told at once, a line each', () => {
    const message = trivial({ issuer: 5, audience: [], sceret: 'x' }) ?? ''

    expect(message.split('\n')).toEqual([
      'createJwtTrivial: `audience` must be a non-empty string, or an array of them; got an empty array',
      'createJwtTrivial: `issuer` must be a non-empty string; got the number 5',
      expect.stringMatching(/^createJwtTrivial: unknown option `sceret`: the known options are /),
    ])
  })

  test('no options at all are told what is wanted', () => {
    const given = [undefined, null, PASSPHRASE, 5, [PASSPHRASE], () => ({})]
    const kinds = ['undefined', 'null', 'a string', 'the number 5', 'an array of 1', 'a function']

    expect(given.map((options) => messageOf(() => createJwtTrivial(options as never)))).toEqual(
      kinds.map((kind) => `createJwtTrivial: the options must be an object; got ${kind}`),
    )
  })
})

describe('what protect and createAccessToken are asked for', () => {
  const jwt = createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => true })
  const protect = (options: object) => messageOf(() => jwt.protect(options as never))
  const createAccessToken = (options: object) => jwt.createAccessToken({ sub: 'ann' }, options)

  test('protect throws where the procedure is made', () => {
    expect(protect({ scopes: 'a' })).toBe('protect: unknown option `scopes`: did you mean `scope`?')
    expect(protect({ role: 'admin' })).toBe(
      'protect: unknown option `role`: the known options are optional, scope, maxAge, audience, issuer, subject',
    )
    expect(protect({ scope: 'a "b"' })).toBe(
      "protect: `scope` must be one or more scopes, as ['a', 'b'] or 'a b'; got a string",
    )
    expect(protect({ optional: true, scope: 'a' })).toBe(
      'protect: `optional` excludes every other option; a caller who needs no token cannot be required to have a particular one',
    )
    expect(protect({ optional: false })).toBe('protect: `optional` must be true, or left out; got a boolean')
  })

  test('createAccessToken rejects before it signs', async () => {
    await expect(createAccessToken({ expires: 5 })).rejects.toThrow(
      new TypeError('createAccessToken: unknown option `expires`: did you mean `expiresIn`?'),
    )
    await expect(createAccessToken({ audience: [] })).rejects.toThrow(
      new TypeError(
        'createAccessToken: `audience` must be a non-empty string, or an array of them; got an empty array',
      ),
    )
  })
})
