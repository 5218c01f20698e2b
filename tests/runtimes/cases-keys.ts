import { createJwtVerifier } from 'trpc-jwt-trivial'

import { claims, createApp } from './app.ts'
import { call, equal, refused, signIn, type Case } from './support.ts'

const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) }
const pairs = { ES256: { name: 'ECDSA', namedCurve: 'P-256' }, RS256: RSA, EdDSA: { name: 'Ed25519' } }

async function privateKey(alg: keyof typeof pairs) {
  const pair = (await crypto.subtle.generateKey(pairs[alg], true, ['sign', 'verify'])) as CryptoKeyPair
  const { key_ops: _ops, ext: _ext, alg: _alg, ...jwk } = await crypto.subtle.exportKey('jwk', pair.privateKey)
  return { ...jwk, kty: String(jwk.kty), alg, kid: crypto.randomUUID() }
}

/** Runs something, and answers how many signatures were verified meanwhile. */
async function verifications(work: () => Promise<void>): Promise<number> {
  const { subtle } = crypto
  const verify = subtle.verify.bind(subtle)
  let count = 0
  const value = (...args: Parameters<typeof verify>) => {
    count += 1
    return verify(...args)
  }
  Object.defineProperty(subtle, 'verify', { configurable: true, value })
  await work().finally(() => Reflect.deleteProperty(subtle, 'verify'))
  return count
}

const keyPairCase = (alg: keyof typeof pairs): Case => ({
  name: `keys: a verifier accepts what a private key of ${alg} signed, by its published half`,
  async run() {
    const [{ jwt }, other] = [createApp({ privateKey: await privateKey(alg) }), await privateKey(alg)]
    const [key] = jwt.jwks().keys
    equal([key?.alg, key && 'd' in key], [alg, false], 'what is published')
    const verifier = createJwtVerifier({ publicKeys: jwt.jwks().keys, claims })
    equal((await verifier.verify(await jwt.createAccessToken({ sub: 'ann', scope: '' }))).sub, 'ann')
    const forged = await createApp({ privateKey: other }).jwt.createAccessToken({ sub: 'ann', scope: '' })
    await refused(verifier.verify(forged), 'Invalid token')
  },
})

/** Remembering, key pairs and key sets. */
export const keyCases: Case[] = [
  {
    name: 'remembering: checks the signature of a token once, however often it comes',
    async run() {
      const app = createApp()
      const tokens = [(await signIn(app)).token, (await signIn(app)).token]
      const count = await verifications(async () => {
        for (let i = 0; i < 20; i += 1)
          for (const token of tokens) equal((await call(app, 'whoami', { token })).data, 'ann')
      })
      equal(count, 2, 'signatures verified')
    },
  },
  {
    name: 'remembering: does not take one signature for another',
    async run() {
      const app = createApp()
      const { token } = await signIn(app)
      equal((await call(app, 'whoami', { token })).status, 200)
      const [header, payload] = token.split('.')
      const [, , signature] = (await signIn(app)).token.split('.')
      const forged = `${header}.${payload}.${signature}`
      equal(await verifications(async () => equal((await call(app, 'whoami', { token: forged })).status, 401)), 1)
    },
  },
  keyPairCase('ES256'),
  keyPairCase('RS256'),
  keyPairCase('EdDSA'),
  {
    name: 'keys: a verifier fetches the key set of an issuer once',
    async run() {
      const [issuer, audience] = ['https://id.example.org', 'https://api.example.org']
      const { jwt } = createApp({ privateKey: await privateKey('ES256'), issuer, audience })
      const jwks = `${issuer}/.well-known/jwks.json`
      const verifier = createJwtVerifier({ jwks, issuer, audience, algorithms: ['ES256'], claims })
      const tokens = [1, 2, 3].map(() => jwt.createAccessToken({ sub: 'ann', scope: '' }))
      const { fetch } = globalThis
      const fetched: string[] = []
      globalThis.fetch = async (url) => {
        fetched.push(url instanceof Request ? url.url : String(url))
        return Response.json(jwt.jwks())
      }
      try {
        for (const token of await Promise.all(tokens)) equal((await verifier.verify(token)).sub, 'ann')
      } finally {
        globalThis.fetch = fetch
      }
      equal(fetched, [jwks])
    },
  },
]
