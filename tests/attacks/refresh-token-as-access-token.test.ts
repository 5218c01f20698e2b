import { decodeJwt, jwtVerify } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { expect, test } from 'vitest'

import { invalid, refusal } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'
import { clientOf, INVALID, NOT_AUTHORISED, serveSessionApi, told } from '../support/session-api.ts'

const REFRESH_AUDIENCE = 'urn:trpc-jwt-trivial:refresh'
const recipient = { issuer: 'https://api.example', audience: 'api' }

/** An API that writes issuer and audience into its tokens, and one that does not. */
const apis = [
  ['with issuer and audience', recipient],
  ['without issuer and audience', {}],
] as const

test.each(apis)('a refresh token as bearer is rejected by every protected procedure, %s', async (_which, jwt) => {
  const api = await serveSessionApi({ jwt })
  const { refreshToken } = await api.signIn()
  const client = clientOf(api.url, refreshToken)
  const answers = [client.private.query(), client.optional.query(), client.recent.query()].map(told)

  expect(await Promise.all(answers)).toEqual([INVALID, INVALID, INVALID])
  expect(await refusal(api.jwt, refreshToken)).toEqual(invalid('wrong_type'))
})

test.each(apis)('an access token as refresh token renews and ends no session, %s', async (_which, jwt) => {
  const { signIn, refresh, revoke, visit } = await serveSessionApi({ jwt })
  const { token } = await signIn()

  expect(await told(refresh(token))).toBe(NOT_AUTHORISED)
  expect(await told(revoke(undefined, token))).toBeUndefined()
  expect(await visit(token)).toBe('ann is a reader')
})

test.each(apis)('token.revoke with a refresh token as bearer ends no session, %s', async (_which, jwt) => {
  const { signIn, revoke, visit } = await serveSessionApi({ jwt })
  const { token, refreshToken } = await signIn()

  expect(await told(revoke(refreshToken))).toBeUndefined()
  expect(await visit(token)).toBe('ann is a reader')
})

test('a token that has only the `typ` or only the `aud` of the other kind is rejected as the other kind', async () => {
  const api = await serveSessionApi({ jwt: recipient })
  const { token, refreshToken } = await api.signIn()
  const [access, renewing] = [decodeJwt(token), decodeJwt(refreshToken)]
  const asAccess = [
    mint(renewing, { header: { typ: 'at+jwt' } }),
    mint(renewing, { header: { typ: undefined } }),
    mint({ ...renewing, aud: 'api' }, { header: { typ: 'rt+jwt' } }),
    mint({ ...renewing, aud: ['api', REFRESH_AUDIENCE] }, { header: { typ: 'application/RT+JWT' } }),
  ]
  const asRefresh = [
    mint({ ...access, generation: 0 }, { header: { typ: 'rt+jwt' } }),
    mint({ ...renewing, aud: [REFRESH_AUDIENCE] }, { header: { typ: 'rt+jwt' } }),
    mint({ ...renewing, aud: undefined }, { header: { typ: 'rt+jwt' } }),
    mint({ ...renewing, iss: 'https://other.example' }, { header: { typ: 'rt+jwt' } }),
    ...['at+jwt', 'JWT', undefined].map((typ) => mint(renewing, { header: { typ } })),
  ]

  expect(await Promise.all(asAccess.map((each) => refusal(api.jwt, each)))).toEqual([
    invalid('wrong_audience'),
    invalid('wrong_audience'),
    invalid('wrong_type'),
    invalid('wrong_type'),
  ])
  expect(await Promise.all(asRefresh.map((each) => told(api.refresh(each))))).toEqual(
    asRefresh.map(() => NOT_AUTHORISED),
  )
  expect(await told(api.refresh(mint(renewing, { header: { typ: 'application/RT+JWT' } })))).toMatchObject({
    category: 'Bearer',
  })
})

test('an access token for the audience of refresh tokens is not accepted as a refresh token', async () => {
  const { jwt, refresh } = await serveSessionApi()
  const token = await jwt.createAccessToken({ sub: 'ann', role: 'reader' }, { audience: REFRESH_AUDIENCE })

  expect(await told(refresh(token))).toBe(NOT_AUTHORISED)
})

test('other libraries that check key, issuer and audience accept the access token and reject the refresh token', async () => {
  const { signIn, clock } = await serveSessionApi({ jwt: recipient })
  const { token, refreshToken } = await signIn()
  const key = new TextEncoder().encode(PASSPHRASE)
  const plain = (each: string) => jwtVerify(each, key, { ...recipient, currentDate: clock.read() })

  await expect(plain(token)).resolves.toMatchObject({ payload: { sub: 'ann' } })
  await expect(plain(refreshToken)).rejects.toThrow('unexpected "aud" claim value')
  const options = { ...recipient, clockTimestamp: clock.now }
  expect(jsonwebtoken.verify(token, PASSPHRASE, options)).toMatchObject({ sub: 'ann' })
  expect(() => jsonwebtoken.verify(refreshToken, PASSPHRASE, options)).toThrow('jwt audience invalid')
})
