import { inspect } from 'node:util'

import type { TRPCError } from '@trpc/server'
import { JwtRejection } from 'trpc-jwt-trivial'
import { afterEach, expect, test, vi } from 'vitest'

import { createApi, PASSWORD } from '../support/api.ts'
import { everyTextIn } from '../support/every-text.ts'
import { mint, mintText, PASSPHRASE } from '../support/mint.ts'
import { sendRaw, type RawResponse } from '../support/raw.ts'
import { serve } from '../support/serve.ts'

const SECRET_CLAIM = 'a claim that nobody may see in a log'
const OPTIONS = { issuer: 'https://id.example', audience: 'api' }
const GOOD = { iss: OPTIONS.issuer, aud: OPTIONS.audience, secret: SECRET_CLAIM }
const other = { passphrase: 'another passphrase of thirty-two bytes' }

const now = Math.floor(Date.now() / 1000)

/** One token for each way of being invalid, whatever the reason. */
const INVALID = {
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
const EXPIRED = [mint({ ...GOOD, exp: 1 }), mint({ ...GOOD, exp: now - 1, sub: 'bob', filler: 'x' })]

async function start() {
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

/** A response's every byte, but for the date, and tRPC's own `vary`, which differs between its versions. */
const bytesOf = ({ status, headers, body }: RawResponse) =>
  [status, ...headers.map(([name, value]) => `${name}: ${['Date', 'vary'].includes(name) ? '' : value}`), body].join(
    '\n',
  )

/** What a refused call looks like on the wire, in full. */
const allowed = (message: string, challenge: string, { path = 'private', stack = false, status = 401 } = {}) => {
  const { code, name } = status === 403 ? { code: -32003, name: 'FORBIDDEN' } : { code: -32001, name: 'UNAUTHORIZED' }
  return [
    status,
    ...(path === 'token.create' ? ['cache-control: no-store'] : []),
    'content-type: application/json',
    'vary: ',
    `www-authenticate: Bearer realm="trpc"${challenge}`,
    'Date: ',
    'Connection: close',
    `{"error":{"message":"${message}","code":${code},"data":{"code":"${name}","httpStatus":${status},` +
      `${stack ? `"stack":"TRPCError: ${message}",` : ''}"path":"${path}"}}}`,
  ].join('\n')
}

/** Each class of refused calls, and the different answers that calls of that class got. */
async function collectAnswers() {
  const { url, present, signIn } = await start()
  const presentAll = (tokens: string[], path?: string) => tokens.map((token) => present(token, path))
  const classes = {
    invalid: presentAll(Object.values(INVALID).flat()),
    missing: [[], ['Authorization: Basic YTpi']].map((lines) => sendRaw(`${url}/private`, lines)),
    expired: presentAll(EXPIRED),
    scopeless: presentAll([mint(GOOD), mint({ ...GOOD, scope: 'audit' })], 'admin'),
    stale: presentAll([mint(GOOD), mint({ ...GOOD, auth_time: now - 301 })], 'recent'),
    unauthorised: ['guess', ''].map((password) => signIn({ name: 'ann', password })),
  }
  const distinct = Object.entries(classes).map(async ([name, calls]) => {
    const responses = await Promise.all(calls)
    return [name, [...new Set(responses.map(bytesOf))]] as const
  })
  return Object.fromEntries(await Promise.all(distinct))
}

const allowList = (stack: boolean) => ({
  invalid: [allowed('Invalid token', ', error="invalid_token"', { stack })],
  missing: [allowed('Authentication required', '', { stack })],
  expired: [
    allowed('Token expired', ', error="invalid_token", error_description="The access token expired"', { stack }),
  ],
  scopeless: [
    allowed('Insufficient scope', ', error="insufficient_scope", scope="admin audit"', {
      stack,
      path: 'admin',
      status: 403,
    }),
  ],
  stale: [
    allowed('Recent authentication required', ', error="insufficient_user_authentication", max_age="300"', {
      stack,
      path: 'recent',
    }),
  ],
  unauthorised: [allowed('Not authorised', '', { stack, path: 'token.create' })],
})

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

test('K1 in production, refused calls of one class do not differ by a byte, and are of an allow list', async () => {
  vi.stubEnv('NODE_ENV', 'production')

  expect(await collectAnswers()).toEqual(allowList(false))
})

test('K1 with NODE_ENV unset they have a fixed stack, and differ no more', async () => {
  vi.stubEnv('NODE_ENV', undefined)

  expect(await collectAnswers()).toEqual(allowList(true))
})

/** Everything that must never be seen: each segment of each token, the passphrase, a password, a claim. */
const SECRETS = [
  ...[...Object.values(INVALID).flat(), ...EXPIRED, mint(GOOD)].flatMap((token) => token.split('.')),
  PASSPHRASE,
  PASSWORD,
  SECRET_CLAIM,
  'https://evil.example',
  'evil+jwt',
  'evil-kid',
].filter((secret) => secret.length > 3)

/** Calls every procedure with every bad token and bad credentials. */
async function attackAll() {
  const { url, present, signIn, errors, contexts } = await start()
  const tokens = [...Object.values(INVALID).flat(), ...EXPIRED, mint(GOOD)]
  const paths = ['private', 'optional', 'admin', 'recent']
  const presented = await Promise.all(tokens.flatMap((token) => paths.map((path) => present(token, path))))
  const lines = [`Authorization: Bearer ${mint(GOOD)} ${PASSPHRASE}`, `Authorization: ${PASSPHRASE}`]
  const broken = await Promise.all(lines.map((line) => sendRaw(`${url}/private`, [line])))
  const signIns = await Promise.all([
    signIn({ name: PASSWORD, password: 'guess' }),
    signIn({ name: 5, password: PASSWORD }),
  ])
  return { responses: [...presented, ...broken, ...signIns], errors, contexts }
}

test('K2 no secret is in an error, its cause, its stack or any own property, enumerable or not', async () => {
  const { errors, responses } = await attackAll()
  const texts = errors.flatMap((error) => everyTextIn(error))

  expect(errors.length).toBeGreaterThan(60)
  expect(texts).toContain('Refused: bad_signature')
  expect(SECRETS.filter((secret) => texts.some((text) => text.includes(secret)))).toEqual([])
  expect(SECRETS.filter((secret) => responses.some((response) => bytesOf(response).includes(secret)))).toEqual([])
})

test('K2 nothing is written to the console, and a context or an error that is logged shows no secret', async () => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const complain = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const consoles = (['log', 'info', 'warn', 'error', 'debug', 'trace'] as const).map((name) => vi.spyOn(console, name))
  const { errors, contexts } = await attackAll()
  const written = [write, complain, ...consoles].flatMap((spy) => spy.mock.calls)
  vi.restoreAllMocks()
  const logged = [...errors, ...contexts].flatMap((each) => [
    inspect(each, { showHidden: true, depth: null }),
    JSON.stringify(each),
    String(each),
  ])

  expect(written).toEqual([])
  expect(logged).toContain('{"bearer":"[bearer]"}')
  expect(SECRETS.filter((secret) => logged.some((text) => text.includes(secret)))).toEqual([])
})

test('K3 the server side gets a typed reason', async () => {
  const { present, errors } = await start()
  for (const tokens of Object.values(INVALID)) for (const token of tokens) await present(token)
  await present(EXPIRED[0] ?? '')
  const reasons = errors.map(({ cause }) => cause instanceof JwtRejection && cause.reason)

  expect(reasons).toEqual([
    ...Object.entries(INVALID).flatMap(([reason, tokens]) => tokens.map(() => reason)),
    'expired',
  ])
})
