import { decodeJwt } from 'jose'
import { expect, test } from 'vitest'

import { mint } from '../support/mint.ts'
import { sendRaw } from '../support/raw.ts'
import { clientOf, serveSessionApi } from '../support/session-api.ts'

test('token.refresh grants only what reauthorise returns, whatever the caller sends', async () => {
  const { url, signIn, jwt } = await serveSessionApi()
  const { refreshToken } = await signIn()
  const wishes = { scope: 'admin', role: 'writer', sub: 'bob', generation: 7, exp: 9e9 }
  const response = await sendRaw(`${url}/token.refresh`, [], {
    method: 'POST',
    body: JSON.stringify({ refreshToken, ...wishes }),
  })
  const { result } = JSON.parse(response.body) as { result: { data: { token: string } } }

  expect(await jwt.verify(result.data.token)).toMatchObject({ sub: 'ann', role: 'reader' })
  expect(decodeJwt(result.data.token)).not.toHaveProperty('scope')
  const forged = mint({ ...decodeJwt(refreshToken), scope: 'admin' }, { header: { typ: 'rt+jwt' } })
  const renewed = await clientOf(url).token.refresh.mutate({ refreshToken: forged })
  expect(decodeJwt(renewed.token)).not.toHaveProperty('scope')
})
