import type { JWK } from 'jose'
import { afterEach, describe, expect, test, vi } from 'vitest'

import { call, invalid } from '../support/call.ts'
import { publishing, redirecting, startKeyServer } from '../support/key-server.ts'
import { mint } from '../support/mint.ts'
import { messageOf } from '../support/option-errors.ts'
import { refusedBy, unavailable, verifierOf } from '../support/provider.ts'
import { createSigner } from '../support/signer.ts'

const [ann, mallory, rsa] = await Promise.all([createSigner('one'), createSigner('two'), createSigner('rsa', 'RS256')])

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('the address of a key set', () => {
  test('createJwtVerifier throws for an address that is neither https nor http on loopback', () => {
    const addresses = [
      'http://issuer.example/jwks.json',
      'http://127.0.0.1.issuer.example/jwks.json',
      'http://localhost.issuer.example/jwks.json',
      'http://127.0.0.1@issuer.example/jwks.json',
      'https://ann@issuer.example/jwks.json',
      'http://0.0.0.0/jwks.json',
      'http://192.168.0.1/jwks.json',
      'file:///etc/jwks.json',
      'data:application/json,{"keys":[]}',
      'blob:https://issuer.example/1',
      'ftp://issuer.example/jwks.json',
      'localhost:3000/jwks.json',
      '/.well-known/jwks.json',
      '',
      new URL('file:///etc/jwks.json'),
    ]

    expect(addresses.map((address) => messageOf(() => verifierOf(address)))).toEqual(
      addresses.map(
        () => 'createJwtVerifier: `jwks` must be an https address (http only on loopback), without credentials',
      ),
    )
  })

  test('https, and http on loopback, are accepted, and nothing is fetched before the first token', () => {
    const request = vi.fn<typeof fetch>()
    vi.stubGlobal('fetch', request)
    const addresses = [
      'https://issuer.example/jwks.json',
      'http://localhost:3000/jwks.json',
      'http://127.0.0.1/jwks.json',
      'http://127.8.8.8/jwks.json',
      'http://[::1]:3000/jwks.json',
      new URL('https://issuer.example/jwks.json'),
    ]

    expect(addresses.map((address) => messageOf(() => verifierOf(address)))).toEqual(addresses.map(() => undefined))
    expect(request).not.toHaveBeenCalled()
  })

  test('the URL is copied: changing it later does not change the address', async () => {
    const [server, trap] = await Promise.all([startKeyServer(ann.publicJwk), startKeyServer(mallory.publicJwk)])
    const url = new URL(server.url)
    const jwt = verifierOf(url)
    url.href = trap.url

    expect(await call(jwt, await ann.sign())).toMatchObject({ sub: 'ann' })
    expect([server.requests, trap.requests]).toEqual([1, 0])
  })

  test('no redirect is followed, whatever its status and location', async () => {
    const trap = await startKeyServer(mallory.publicJwk)
    const server = await startKeyServer(ann.publicJwk)
    const redirects = [301, 302, 303, 307, 308].map((status) => redirecting(status, trap.url))
    const elsewhere = ['file:///etc/jwks.json', 'data:application/json,{"keys":[]}', server.url]

    for (const redirect of [...redirects, ...elsewhere.map((location) => redirecting(302, location))]) {
      server.behave(redirect)
      expect(await refusedBy(verifierOf(server.url), await mallory.sign())).toEqual(unavailable)
    }
    expect([server.requests, trap.requests]).toEqual([8, 0])
  })
})

describe('the algorithms of a fetched set', () => {
  const { alg: _, ...unnamed } = rsa.publicJwk

  test('are those of the configuration if a JWK names no alg', async () => {
    const server = await startKeyServer(unnamed)
    const jwt = verifierOf(server.url, { algorithms: ['RS256'] })

    expect(await call(jwt, await rsa.sign())).toMatchObject({ sub: 'ann' })
    expect(await refusedBy(jwt, await rsa.sign({}, { alg: 'PS256' }))).toEqual(invalid('malformed'))
    expect(await refusedBy(jwt, await rsa.sign({}, { alg: 'RS512' }))).toEqual(invalid('malformed'))
  })

  test('are that of the JWK if it names one, whatever else is configured', async () => {
    const server = await startKeyServer(rsa.publicJwk)
    const jwt = verifierOf(server.url, { algorithms: ['RS256', 'PS256', 'ES256'] })

    expect(await call(jwt, await rsa.sign())).toMatchObject({ sub: 'ann' })
    expect(await refusedBy(jwt, await rsa.sign({}, { alg: 'PS256' }))).toEqual(invalid('bad_signature'))
    expect(await refusedBy(jwt, await ann.sign({}, { kid: 'rsa' }))).toEqual(invalid('bad_signature'))
  })

  test('never include HMAC with the text of a published key', async () => {
    const server = await startKeyServer(unnamed)
    const jwt = verifierOf(server.url, { algorithms: ['RS256'] })
    const forged = [JSON.stringify(unnamed), String(unnamed.n)].map((passphrase) =>
      mint({ iss: 'https://issuer.example', aud: 'https://api.example' }, { passphrase, header: { kid: 'rsa' } }),
    )

    for (const token of forged) expect(await refusedBy(jwt, token)).toEqual(invalid('malformed'))
    expect(server.requests).toBe(0)
  })
})

describe('a set with a secret key, a private key or a repeated kid', () => {
  const secret = { kty: 'oct', kid: 'secret', k: Buffer.from('a'.repeat(32)).toString('base64url') }
  const sets: [keys: JWK[], problem: string][] = [
    [[ann.publicJwk, secret], 'must have public keys only'],
    [[ann.publicJwk, { kty: 'oct', kid: 'no secret' }], 'must have public keys only'],
    [[ann.publicJwk, mallory.privateJwk], 'must have public keys only'],
    [[ann.publicJwk, { ...mallory.publicJwk, kid: 'one' }], 'must not have the same `kid` twice'],
  ]

  test('is not used at all if it was fetched', async () => {
    const server = await startKeyServer()
    const tokens = await Promise.all([ann.sign(), mallory.sign(), mallory.sign({}, { kid: 'one' })])

    for (const [keys] of sets) {
      server.behave(publishing(...keys))
      for (const token of tokens) expect(await refusedBy(verifierOf(server.url), token)).toEqual(unavailable)
    }
  })

  test('throws in createJwtVerifier if it is configured', () => {
    expect(sets.map(([keys]) => messageOf(() => verifierOf({ keys })))).toEqual(
      sets.map(([, problem]) => `createJwtVerifier: \`jwks\` ${problem}; or pass its address`),
    )
  })
})
