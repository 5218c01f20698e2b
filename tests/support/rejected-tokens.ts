import type { TRPCError } from '@trpc/server'

import { createApi } from './api.ts'
import { mint, mintText } from './mint.ts'
import { sendRaw, type RawResponse } from './raw.ts'
import { serve } from './serve.ts'

export const SECRET_CLAIM = 'a claim that nobody may see in a log'
const OPTIONS = { issuer: 'https://id.example', audience: 'api' }
export const GOOD = { iss: OPTIONS.issuer, aud: OPTIONS.audience, secret: SECRET_CLAIM }
const other = { passphrase: 'another passphrase of thirty-two bytes' }

export const now = Math.floor(Date.now() / 1000)

/** Tokens that get the answer `Invalid token`, by the reason that the server sees. */
export const INVALID = {
  malformed: [
    'x',
    `${mint(GOOD)}=`,
    mint(GOOD, { header: { crit: ['b64'], b64: false } }),
    mint(GOOD, { header: { alg: 'none' } }),
    mintText('{"alg":"HS256"}', '[]'),
  ],
  bad_signature: [
    mint(GOOD, other),
    mint(GOOD).replace(/[^.]+$/, (signature) => (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1)),
  ],
  wrong_type: [mint(GOOD, { header: { typ: 'evil+jwt', kid: 'evil-kid' } })],
  not_yet_valid: [mint({ ...GOOD, nbf: now + 99 }), mint({ ...GOOD, iat: now + 99 })],
  wrong_issuer: [mint({ ...GOOD, iss: 'https://evil.example' }), mint({ ...GOOD, iss: undefined })],
  wrong_audience: [mint({ ...GOOD, aud: 'other' }), mint({ ...GOOD, aud: undefined })],
  invalid_claims: [mint({ ...GOOD, exp: undefined }), mint({ ...GOOD, sub: { name: SECRET_CLAIM } })],
}
export const EXPIRED = [mint({ ...GOOD, exp: 1 }), mint({ ...GOOD, exp: now - 1, sub: 'bob', filler: 'x' })]

/** Serves an API whose tokens have an issuer and an audience, and records the errors and contexts of its calls. */
export async function startApi() {
  const { jwt, appRouter } = createApi(OPTIONS)
  const errors: TRPCError[] = []
  const contexts: unknown[] = []
  const url = await serve(appRouter, {
    createContext: jwt.createContext,
    responseMeta: jwt.responseMeta,
    onError: ({ error, ctx }) => void (errors.push(error), contexts.push(ctx)),
  })
  const present = (token: string, path = 'private') => sendRaw(`${url}/${path}`, [`Authorization: Bearer ${token}`])
  const signIn = (credentials: object) =>
    sendRaw(`${url}/token.create`, [], { method: 'POST', body: JSON.stringify(credentials) })
  return { url, present, signIn, errors, contexts }
}

/** All bytes of a response except the date and the `vary` of tRPC, which differs between its versions. */
export const bytesOf = ({ status, headers, body }: RawResponse) =>
  [status, ...headers.map(([name, value]) => `${name}: ${['Date', 'vary'].includes(name) ? '' : value}`), body].join(
    '\n',
  )
