import { createJwtTrivial } from 'trpc-jwt-trivial'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { call, invalid } from '../support/call.ts'
import { answering, breakingOff, publishing, startKeyServer, type KeyServer } from '../support/key-server.ts'
import { refusedBy, unavailable, verifierOf } from '../support/provider.ts'
import { createSigner } from '../support/signer.ts'

const [older, newer, rsa] = await Promise.all([
  createSigner('older'),
  createSigner('newer'),
  createSigner('rsa', 'RS256'),
])

/** Only the date is fake: timers and sockets are the real ones. */
const passSeconds = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('a fetched key set', () => {
  let server: KeyServer
  beforeEach(async () => {
    server = await startKeyServer(older.publicJwk)
  })

  test('opens a protected procedure to a token that one of its keys signed', async () => {
    expect(await call(verifierOf(server.url), await older.sign({ role: 'reader' }))).toMatchObject({
      sub: 'ann',
      role: 'reader',
    })
  })

  test('refuses a token that names one of its keys and was signed by another', async () => {
    const forged = await newer.sign({}, { kid: 'older' })

    expect(await refusedBy(verifierOf(server.url), forged)).toEqual(invalid('bad_signature'))
  })

  test('is asked for by the first calls together, once', async () => {
    const jwt = verifierOf(server.url)
    const tokens = await Promise.all(Array.from({ length: 50 }, (_, i) => older.sign({ sub: `user ${i}` })))
    const claims = await Promise.all(tokens.map((token) => call(jwt, token)))

    expect(claims.map(({ sub }) => sub)).toEqual(tokens.map((_, i) => `user ${i}`))
    expect(server.requests).toBe(1)
  })

  test('is not asked for before a token came that could be good', async () => {
    const jwt = verifierOf(server.url)
    const token = await older.sign()
    const hopeless = ['garbage', `${token}=`, await older.sign({}, { typ: 'rt+jwt' }), await rsa.sign()]

    for (const each of hopeless) expect(await refusedBy(jwt, each)).toMatchObject({ code: 'UNAUTHORIZED' })
    expect(server.requests).toBe(0)
  })

  test('is asked for again after 10 minutes, and no sooner', async () => {
    const jwt = verifierOf(server.url)
    await call(jwt, await older.sign())
    passSeconds(599)
    await call(jwt, await older.sign())
    expect(server.requests).toBe(1)
    passSeconds(1)
    await call(jwt, await older.sign())
    expect(server.requests).toBe(2)
  })

  test('is asked for with GET, as JSON, and without the token', async () => {
    const request = vi.spyOn(globalThis, 'fetch')
    await call(verifierOf(server.url), await older.sign())
    const [address, init] = request.mock.calls[0] ?? []

    expect([address, init?.method, init?.redirect]).toEqual([server.url, 'GET', 'manual'])
    expect(Object.fromEntries(new Headers(init?.headers))).toEqual({
      accept: 'application/json, application/jwk-set+json',
      'user-agent': expect.stringMatching(/^jose\//),
    })
  })

  test('belongs to one verifier: another fetches its own', async () => {
    await call(verifierOf(server.url), await older.sign())
    await call(verifierOf(server.url), await older.sign())

    expect(server.requests).toBe(2)
  })
})

describe('a token without kid', () => {
  test('is tried with each key of its algorithm', async () => {
    const server = await startKeyServer(older.publicJwk, newer.publicJwk, rsa.publicJwk)
    const jwt = verifierOf(server.url)
    const [first, second] = await Promise.all([older, newer].map((signer) => signer.sign({}, { kid: undefined })))
    const stranger = await (await createSigner('stranger')).sign({}, { kid: undefined })

    expect(await call(jwt, String(first))).toMatchObject({ sub: 'ann' })
    expect(await call(jwt, String(second))).toMatchObject({ sub: 'ann' })
    expect(await refusedBy(jwt, stranger)).toEqual(invalid('bad_signature'))
  })

  test('passes over keys that are for encryption', async () => {
    const server = await startKeyServer({ ...older.publicJwk, use: 'enc' }, newer.publicJwk)
    const jwt = verifierOf(server.url)

    expect(await call(jwt, await newer.sign({}, { kid: undefined }))).toMatchObject({ sub: 'ann' })
    expect(await refusedBy(jwt, await older.sign())).toEqual(invalid('bad_signature'))
  })
})

describe('rotation at the provider', () => {
  test('a key that is new is fetched when its first token comes, unless the set is younger than 30 s', async () => {
    const server = await startKeyServer(older.publicJwk)
    const jwt = verifierOf(server.url)
    await call(jwt, await older.sign())
    server.behave(publishing(older.publicJwk, newer.publicJwk))
    passSeconds(29)
    expect(await refusedBy(jwt, await newer.sign())).toEqual(invalid('bad_signature'))
    passSeconds(1)

    expect(await call(jwt, await newer.sign())).toMatchObject({ sub: 'ann' })
    expect(await call(jwt, await older.sign())).toMatchObject({ sub: 'ann' })
    expect(server.requests).toBe(2)
  })

  test('remembered tokens of a removed key are rejected as soon as the set is fetched again', async () => {
    const server = await startKeyServer(older.publicJwk)
    const jwt = verifierOf(server.url)
    const token = await older.sign()
    for (let i = 0; i < 3; i += 1) expect(await call(jwt, token)).toMatchObject({ sub: 'ann' })
    server.behave(publishing(newer.publicJwk))
    passSeconds(30)
    expect(await call(jwt, token)).toMatchObject({ sub: 'ann' })

    await call(jwt, await newer.sign())
    expect(await refusedBy(jwt, token)).toEqual(invalid('bad_signature'))
  })

  test('remembered tokens of a removed key are rejected after 10 minutes at the latest', async () => {
    const server = await startKeyServer(older.publicJwk)
    const jwt = verifierOf(server.url)
    const token = await older.sign()
    for (let i = 0; i < 3; i += 1) expect(await call(jwt, token)).toMatchObject({ sub: 'ann' })
    server.behave(publishing(newer.publicJwk))

    passSeconds(600)
    expect(await refusedBy(jwt, token)).toEqual(invalid('bad_signature'))
  })

  test('remembered tokens are rejected if their kid now names another key', async () => {
    const server = await startKeyServer(older.publicJwk)
    const jwt = verifierOf(server.url)
    const token = await older.sign()
    await call(jwt, token)
    await call(jwt, token)
    server.behave(publishing({ ...newer.publicJwk, kid: 'older' }))
    passSeconds(600)

    expect(await refusedBy(jwt, token)).toEqual(invalid('bad_signature'))
    expect(await call(jwt, await newer.sign({}, { kid: 'older' }))).toMatchObject({ sub: 'ann' })
  })
})

describe('an answer that is no usable set', () => {
  const key = older.publicJwk
  test.each<[string, Parameters<KeyServer['behave']>[0]]>([
    ['an error', answering(JSON.stringify({ keys: [key] }), { status: 500 })],
    ['not found', answering(JSON.stringify({ keys: [key] }), { status: 404 })],
    ['another success', answering(JSON.stringify({ keys: [key] }), { status: 203 })],
    ['nothing', answering('')],
    ['a page', answering('<!doctype html><title>Sign in</title>')],
    ['half of it', answering(JSON.stringify({ keys: [key] }).slice(0, -9))],
    ['broken UTF-8', answering(Buffer.from(JSON.stringify({ note: '\xff', keys: [key] }), 'latin1'))],
    ['null', answering('null')],
    ['a list of keys', answering(JSON.stringify([key]))],
    ['no keys', answering('{}')],
    ['keys by name', answering(JSON.stringify({ keys: { older: key } }))],
    ['keys that are none', answering(JSON.stringify({ keys: [key, null] }))],
    ['a key without kty', answering(JSON.stringify({ keys: [key, { kid: 'newer' }] }))],
    ['a tower of lists', answering(`{"keys":${'['.repeat(400_000)}${']'.repeat(400_000)}}`)],
    ['a broken connection', breakingOff],
  ])('%s: unavailable, and the next fetch waits for the cooldown', async (_, behaviour) => {
    const server = await startKeyServer()
    server.behave(behaviour)
    const jwt = verifierOf(server.url)

    expect(await refusedBy(jwt, await older.sign())).toEqual(unavailable)
    expect(await refusedBy(jwt, await older.sign())).toEqual(unavailable)
    expect(server.requests).toBe(1)
  })

  test('an empty set is one: it verifies nothing', async () => {
    const server = await startKeyServer()

    expect(await refusedBy(verifierOf(server.url), await older.sign())).toEqual(invalid('bad_signature'))
  })

  test('a key that is none, named by a token, makes that token unavailable and no other', async () => {
    const server = await startKeyServer(newer.publicJwk, { ...older.publicJwk, x: 'AA' })
    const jwt = verifierOf(server.url)

    expect(await refusedBy(jwt, await older.sign())).toEqual(unavailable)
    expect(await call(jwt, await newer.sign())).toMatchObject({ sub: 'ann' })
  })
})

describe("a sibling service's jwks()", () => {
  test('served as it is, is all that another service needs to accept its tokens', async () => {
    const issuer = { issuer: 'https://issuer.example', audience: 'https://api.example' }
    const sibling = createJwtTrivial({ ...issuer, privateKey: older.privateJwk, authorise: () => true })
    const server = await startKeyServer()
    server.behave(answering(JSON.stringify(sibling.jwks())))
    const jwt = verifierOf(server.url)

    expect(await call(jwt, await sibling.createAccessToken({ sub: 'bob' }))).toMatchObject({ sub: 'bob' })
    const elsewhere = await sibling.createAccessToken({ sub: 'bob' }, { audience: 'https://other.example' })
    expect(await refusedBy(jwt, elsewhere)).toEqual(invalid('wrong_audience'))
  })

  test('keeps tokens good over its rotation: the new key signs, the old one is still published', async () => {
    const issuer = { issuer: 'https://issuer.example', audience: 'https://api.example', authorise: () => true as const }
    const before = createJwtTrivial({ ...issuer, privateKey: older.privateJwk })
    const after = createJwtTrivial({ ...issuer, privateKey: newer.privateJwk, publicKeys: [older.publicJwk] })
    const server = await startKeyServer()
    server.behave(answering(JSON.stringify(before.jwks())))
    const jwt = verifierOf(server.url)
    const token = await before.createAccessToken({ sub: 'bob' })
    await call(jwt, token)
    server.behave(answering(JSON.stringify(after.jwks())))
    passSeconds(31)

    expect(await call(jwt, await after.createAccessToken({ sub: 'eve' }))).toMatchObject({ sub: 'eve' })
    expect(await call(jwt, token)).toMatchObject({ sub: 'bob' })
  })
})
