import { createHmac } from 'node:crypto'

import { createJwtVerifier } from 'trpc-jwt-trivial'
import { expect, test } from 'vitest'

import { invalid, refusal } from '../support/call.ts'
import { mintText, PASSPHRASE } from '../support/mint.ts'

const jwt = createJwtVerifier({ passphrase: PASSPHRASE })
const PAYLOAD = '{"exp":9999999999}'
const malformed = invalid('malformed')

test.each([
  ['a crit that names an extension jose knows', '"crit":["b64"],"b64":true'],
  ['a crit that names an unknown extension', '"crit":["x"],"x":1'],
  ['a crit that names a registered claim', '"crit":["exp"],"exp":1'],
  ['an empty crit', '"crit":[]'],
  ['a crit of null', '"crit":null'],
  ['a crit that is not an array', '"crit":"x"'],
  ['b64: false without crit', '"b64":false'],
  ['b64: false with crit', '"b64":false,"crit":["b64"]'],
  ['b64: true', '"b64":true'],
  ['b64: null', '"b64":null'],
])('a correctly signed token is rejected if its header has %s', async (_what, members) => {
  expect(await refusal(jwt, mintText(`{"alg":"HS256",${members}}`, PAYLOAD))).toEqual(malformed)
})

test('an unencoded payload is rejected', async () => {
  const header = Buffer.from('{"alg":"HS256","b64":false,"crit":["b64"]}').toString('base64url')
  const input = `${header}.${PAYLOAD}`
  const mac = createHmac('sha256', PASSPHRASE).update(input).digest('base64url')
  expect(await refusal(jwt, `${input}.${mac}`)).toEqual(malformed)
})
