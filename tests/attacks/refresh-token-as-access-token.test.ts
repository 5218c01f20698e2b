import { decodeJwt, jwtVerify } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { expect, test } from 'vitest'

import { invalid, refusal } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'
import { clientOf, INVALID, NOT_AUTHORISED, serveSessionApi, told } from '../support/session-api.ts'

const REFRESH_AUDIENCE = 'urn:trpc-jwt-trivial:refresh'
const recipient = { issuer: 'https://api.example', audience: 'api' }

/** An API that names itself in its tokens, and one that does not. */
const apis = [
  ['with issuer and audience', recipient],
  ['without', {}],
] as const

test.each(apis)('E1 a refresh token opens no procedure, where access tokens are %s', async (_which, jwt) => {
  const api = await serveSessionApi({ jwt })
  const { refreshToken } = await api.signIn()
  const client = clientOf(api.url, refreshToken)
  const answers = [client.private.query(), client.optional.query(), client.recent.query()].map(told)

  expect(await Promise.all(answers)).toEqual([INVALID, INVALID, INVALID])
  expect(await refusal(api.jwt, refreshToken)).toEqual(invalid('wrong_type'))
})

test.each(apis)(
  'E1 an access token refreshes nothing and, as a refresh token, ends nothing: %s',
  async (_which, jwt) => {
    const { signIn, refresh, revoke, visit } = await serveSessionApi({ jwt })
    const { token } = await signIn()

    expect(await told(refresh(token))).toBe(NOT_AUTHORISED)
    expect(await told(revoke(undefined, token))).toBeUndefined()
    expect(await visit(token)).toBe('ann is a reader')
  },
)

test.each(apis)('E1 a refresh token, as a bearer, ends nothing: %s', async (_which, jwt) => {
  const { signIn, revoke, visit } = await serveSessionApi({ jwt })
  const { token, refreshToken } = await signIn()

  expect(await told(revoke(refreshToken))).toBeUndefined()
  expect(await visit(token)).toBe('ann is a reader')
})

test('E1 what differs in `typ` alone, or in `aud` alone, is refused where the other belongs', async () => {
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

test('E1 an access token for the audience of refresh tokens is none of them', async () => {
  const { jwt, refresh } = await serveSessionApi()
  const token = await jwt.createAccessToken({ sub: 'ann', role: 'reader' }, { audience: REFRESH_AUDIENCE })

  expect(await told(refresh(token))).toBe(NOT_AUTHORISED)
})

test('E1 a plain verification by key, issuer and audience takes the access token and no refresh token', async () => {
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
