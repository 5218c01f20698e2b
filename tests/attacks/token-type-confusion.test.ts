import { createJwtVerifier } from 'trpc-jwt-trivial'
import { expect, test } from 'vitest'

import { call, invalid, refusal } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'

const jwt = createJwtVerifier({ passphrase: PASSPHRASE })

test.each([
  'JWT',
  'jwt',
  'Jwt',
  'at+jwt',
  'AT+JWT',
  'application/jwt',
  'APPLICATION/JWT',
  'application/at+jwt',
  'Application/At+Jwt',
])('typ %s is accepted: letter case and application/ do not matter', async (typ) => {
  expect(await call(jwt, mint({}, { header: { typ } }))).toMatchObject({ sub: 'ann' })
})

test.each([
  'rt+jwt',
  'RT+JWT',
  'application/rt+jwt',
  'id+jwt',
  'dpop+jwt',
  'logout+jwt',
  'secevent+jwt',
  'JWE',
  'JOSE',
  'at+at+jwt',
  'application/application/jwt',
  'at+jwt;v=1',
  ' at+jwt',
  'at+jwt\n',
  'at jwt',
])('typ %j is rejected, as it names another kind of token', async (typ) => {
  expect(await refusal(jwt, mint({}, { header: { typ } }))).toEqual(invalid('wrong_type'))
})
