import { createJwtTrivial, createJwtVerifier, memorySessions } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { PASSPHRASE } from '../support/mint.ts'
import { messageOf } from '../support/option-errors.ts'

const good = { store: memorySessions(), reauthorise: () => true }

const trivial = (sessions: unknown) =>
  messageOf(() => createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => true, sessions: sessions as never }))
const verifier = (sessions: unknown) =>
  messageOf(() => createJwtVerifier({ passphrase: PASSPHRASE, sessions: sessions as never }))

const store = 'a session store: memorySessions(), redisSessions(client), postgresSessions(pool) or your own'
const duration = "whole seconds or a string such as '15m' (s, m, h, d), from 1 second to 100 years"
const reauthorise = 'a function that returns claims or true to renew a session, and false to end it'

describe('the sessions of createJwtTrivial', () => {
  test('are taken with a store and reauthorise, and with every other option', () => {
    expect(trivial(good)).toBeUndefined()
    expect(trivial({ ...good, expiresIn: '90d', grace: 0, cacheSeconds: 0 })).toBeUndefined()
    expect(trivial({ ...good, expiresIn: 1, grace: 300, cacheSeconds: 3_600 })).toBeUndefined()
    expect(trivial({ ...good, expiresIn: undefined, grace: undefined, cacheSeconds: undefined })).toBeUndefined()
    expect(trivial(undefined)).toBeUndefined()
  })

  test.each<[string, object, string]>([
    [
      'a store that lacks a method',
      { store: { ...memorySessions(), rotate: undefined } },
      `\`sessions.store\` must be ${store}; got an object`,
    ],
    [
      'the function that makes a store',
      { store: memorySessions },
      `\`sessions.store\` must be ${store}; got a function`,
    ],
    [
      'a store that is only to be asked',
      { store: { isLive: async () => true } },
      `\`sessions.store\` must be ${store}; got an object`,
    ],
    ['no store', { store: undefined }, `\`sessions.store\` must be ${store}; got undefined`],
    [
      'a promise of a store',
      { store: Promise.resolve(good.store) },
      `\`sessions.store\` must be ${store}; got an object`,
    ],
    ['no reauthorise', { reauthorise: undefined }, `\`sessions.reauthorise\` must be ${reauthorise}; got undefined`],
    [
      'an answer for reauthorise',
      { reauthorise: true },
      `\`sessions.reauthorise\` must be ${reauthorise}; got a boolean`,
    ],
    ['no lifetime', { expiresIn: 0 }, `\`sessions.expiresIn\` must be ${duration}; got the number 0`],
    ['a lifetime without an end', { expiresIn: 'never' }, `\`sessions.expiresIn\` must be ${duration}; got a string`],
    ['a lifetime in words', { expiresIn: '30 days' }, `\`sessions.expiresIn\` must be ${duration}; got a string`],
    [
      'a negative grace',
      { grace: -1 },
      '`sessions.grace` must be a number of seconds from 0 to 300; got the number -1',
    ],
    [
      'a grace of hours',
      { grace: 301 },
      '`sessions.grace` must be a number of seconds from 0 to 300; got the number 301',
    ],
    ['a grace as text', { grace: '10s' }, '`sessions.grace` must be a number of seconds from 0 to 300; got a string'],
    [
      'a grace that is none',
      { grace: Number.NaN },
      '`sessions.grace` must be a number of seconds from 0 to 300; got the number NaN',
    ],
    [
      'no number of seconds',
      { cacheSeconds: null },
      '`sessions.cacheSeconds` must be a number of seconds from 0 to 3600; got null',
    ],
    [
      'belief without an end',
      { cacheSeconds: Infinity },
      '`sessions.cacheSeconds` must be a number of seconds from 0 to 3600; got the number Infinity',
    ],
    [
      'belief of hours',
      { cacheSeconds: 3_601 },
      '`sessions.cacheSeconds` must be a number of seconds from 0 to 3600; got the number 3601',
    ],
    ['a near miss', { reauthorize: () => true }, 'unknown option `sessions.reauthorize`: did you mean `reauthorise`?'],
    ['another word for it', { lifetime: '30d' }, 'unknown option `sessions.lifetime`: did you mean `expiresIn`?'],
    [
      'an option of another place',
      { passphrase: 'x' },
      'unknown option `sessions.passphrase`: the known options are store, cacheSeconds, reauthorise, expiresIn, grace',
    ],
  ])('are refused with %s', (_what, options, complaint) => {
    expect(trivial({ ...good, ...options })).toBe(`createJwtTrivial: ${complaint}`)
  })

  test.each([
    [true, 'a boolean'],
    [null, 'null'],
    [[good], 'an array of 1'],
    ['memory', 'a string'],
    [memorySessions, 'a function'],
  ])('are refused where they are no options: %j', (sessions, kind) => {
    expect(trivial(sessions)).toBe(`createJwtTrivial: \`sessions\` must be an object of options; got ${kind}`)
  })

  test('are refused where a store was given in place of options', () => {
    expect(trivial(memorySessions())).toMatch(/^createJwtTrivial: `sessions.store` must be .+; got undefined$/m)
  })

  test('have every fault told at once', () => {
    expect(trivial({ grace: '1' })).toBe(
      [
        `createJwtTrivial: \`sessions.store\` must be ${store}; got undefined`,
        `createJwtTrivial: \`sessions.reauthorise\` must be ${reauthorise}; got undefined`,
        'createJwtTrivial: `sessions.grace` must be a number of seconds from 0 to 300; got a string',
      ].join('\n'),
    )
  })

  test('are copied: who changes the options afterwards changes nothing', async () => {
    const options = { ...good, store: memorySessions(), expiresIn: 60 }
    const jwt = createJwtTrivial({
      passphrase: PASSPHRASE,
      authorise: () => ({ sub: 'ann' }),
      sessions: options,
    })
    Object.assign(options, { store: undefined, reauthorise: () => false, expiresIn: 1e9, grace: 1e9 })
    const caller = jwt.tokenRouter.createCaller(jwt.createContext())
    const { refreshToken } = await caller.create()

    const { expiresIn } = await caller.refresh({ refreshToken })

    expect([59, 60]).toContain(expiresIn) // a second may have begun since the session did
  })
})

describe('the sessions of createJwtVerifier', () => {
  test('are taken with a store that can only be asked', () => {
    expect(verifier({ store: { isLive: async () => true } })).toBeUndefined()
    expect(verifier({ store: memorySessions(), cacheSeconds: 30 })).toBeUndefined()
  })

  test.each<[string, unknown, string]>([
    ['a store that cannot be asked', { store: {} }, `\`sessions.store\` must be ${store}; got an object`],
    ['no store', {}, `\`sessions.store\` must be ${store}; got undefined`],
    [
      'belief of hours',
      { store: good.store, cacheSeconds: 7_200 },
      '`sessions.cacheSeconds` must be a number of seconds from 0 to 3600; got the number 7200',
    ],
    [
      'what only an issuer does',
      good,
      'unknown option `sessions.reauthorise`: the known options are store, cacheSeconds',
    ],
    [
      'a grace',
      { store: good.store, grace: 10 },
      'unknown option `sessions.grace`: the known options are store, cacheSeconds',
    ],
    ['a switch', true, '`sessions` must be an object of options; got a boolean'],
  ])('are refused with %s', (_what, sessions, complaint) => {
    expect(verifier(sessions)).toBe(`createJwtVerifier: ${complaint}`)
  })
})
