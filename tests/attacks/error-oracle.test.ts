import { decodeJwt } from 'jose'
import { afterEach, expect, test, vi } from 'vitest'

import { mint } from '../support/mint.ts'
import { headerValues, sendRaw } from '../support/raw.ts'
import { bytesOf, EXPIRED, GOOD, INVALID, now, startApi } from '../support/rejected-tokens.ts'
import { serveSessionApi } from '../support/session-api.ts'

/** The whole response to a rejected call. */
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

/** The distinct responses to each class of rejected calls. */
async function collectAnswers() {
  const { url, present, signIn } = await startApi()
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
})

test('in production, rejected calls of one class get the same bytes, which are those of the list above', async () => {
  vi.stubEnv('NODE_ENV', 'production')

  expect(await collectAnswers()).toEqual(allowList(false))
})

test('with NODE_ENV unset they also have a stack, which is the same for all', async () => {
  vi.stubEnv('NODE_ENV', undefined)

  expect(await collectAnswers()).toEqual(allowList(true))
})

const post = (body: object) => ({ method: 'POST', body: JSON.stringify(body) })

test('a revoked, a forged and an unknown token get the same bytes', async () => {
  const { signIn, revoke, url, jwt } = await serveSessionApi()
  const { token } = await signIn()
  await revoke(token)
  const tokens = [
    token,
    mint({ sid: 'x' }, { passphrase: 'another passphrase of thirty-two bytes' }),
    await jwt.createAccessToken({ sub: 'ann', role: 'reader' }, { sid: 'unknown' }),
    mint({ exp: 9e9 }),
    'garbage',
  ]
  const responses = await Promise.all(
    tokens.map((each) => sendRaw(`${url}/private`, [`Authorization: Bearer ${each}`])),
  )

  expect(new Set(responses.map(bytesOf)).size).toBe(1)
  expect(responses.map((response) => headerValues(response, 'www-authenticate'))).toEqual(
    tokens.map(() => ['Bearer realm="trpc", error="invalid_token"']),
  )
})

test('token.refresh answers with the same bytes to an unknown, expired, reused, ended, banned and malformed refresh token', async () => {
  const { url, signIn, refresh, revoke, users, clock } = await serveSessionApi({ grace: 0, expiresIn: '1h' })
  const expired = await signIn()
  clock.now += 3_600
  const [reused, ended, banned] = [await signIn(), await signIn(), await signIn('bob')]
  await refresh(reused.refreshToken)
  await revoke(ended.token)
  users.set('bob', 'banned')
  const claims = decodeJwt(ended.refreshToken)
  const unknown = mint({ ...claims, sid: 'unknown' }, { header: { typ: 'rt+jwt' } })
  const ahead = mint({ ...decodeJwt(reused.refreshToken), generation: 9 }, { header: { typ: 'rt+jwt' } })
  const refused = [expired, reused, ended, banned].map(({ refreshToken }) => refreshToken)
  const answers = []
  for (const refreshToken of [...refused, unknown, ahead, reused.token, 'garbage', '']) {
    const { status, headers, body } = await sendRaw(`${url}/token.refresh`, [], {
      method: 'POST',
      body: JSON.stringify({ refreshToken }),
    })
    answers.push(JSON.stringify([status, headers.filter(([name]) => name !== 'Date'), body]))
  }

  expect(new Set(answers).size).toBe(1)
  expect(answers[0]).toMatch(/^\[401,.*Not authorised/)
})

test('token.revoke answers with the same bytes to a live, ended, unknown and malformed token', async () => {
  const { signIn, revoke, url, clock, jwt } = await serveSessionApi()
  const [live, other, over, expired] = [await signIn(), await signIn(), await signIn(), await signIn()]
  await revoke(over.token)
  const unknown = await jwt.createAccessToken({ sub: 'ann', role: 'reader' }, { sid: 'unknown' })
  clock.now += 901
  const asBearer = [live.token, over.token, expired.token, unknown, 'garbage', mint({ sid: 'x' })]
  const asInput = [other.refreshToken, over.refreshToken, live.token, 'garbage', '']
  const responses = [
    ...asBearer.map((token) => sendRaw(`${url}/token.revoke`, [`Authorization: Bearer ${token}`], post({}))),
    ...asInput.map((refreshToken) => sendRaw(`${url}/token.revoke`, [], post({ refreshToken }))),
    sendRaw(`${url}/token.revoke`, ['Authorization: Basic YTpi'], post({})),
  ]

  expect(new Set((await Promise.all(responses)).map(bytesOf)).size).toBe(1)
  expect(await responses[0]).toMatchObject({ status: 200, body: '{"result":{}}' })
})
