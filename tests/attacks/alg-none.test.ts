import { createJwtVerifier } from 'trpc-jwt-trivial'
import { expect, test } from 'vitest'

import { invalid, refusal } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'

const jwt = createJwtVerifier({ passphrase: PASSPHRASE })

test.each(['none', 'None', 'NONE', 'nOnE', 'none ', ' none', '', 'n\u043ene', 'null'])(
  'a token with alg "%s" is rejected, with and without a signature',
  async (alg) => {
    const signed = mint({}, { header: { alg } })
    const unsigned = signed.slice(0, signed.lastIndexOf('.'))
    expect(await refusal(jwt, signed)).toEqual(invalid('malformed'))
    expect(await refusal(jwt, `${unsigned}.`)).toEqual(invalid('malformed'))
    expect(await refusal(jwt, unsigned)).toEqual(invalid('malformed'))
  },
)

test('a valid token is rejected once its signature is cut off', async () => {
  const token = mint()
  expect(await refusal(jwt, token.slice(0, token.lastIndexOf('.') + 1))).toEqual(invalid('malformed'))
})
