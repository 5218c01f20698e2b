import { createJwtVerifier } from 'trpc-jwt-trivial'
import { afterEach, expect, test, vi } from 'vitest'

import { createApi, serveApi } from '../support/api.ts'
import { callBehind, contextWith } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'
import { sendRaw } from '../support/raw.ts'

const batchOf = (paths: readonly string[]) => `${paths.join(',')}?batch=1`
const bearing = (token: string) => [`Authorization: Bearer ${token}`]

afterEach(() => {
  vi.restoreAllMocks()
})

test('the token of a batch of twenty calls is verified once', async () => {
  const url = await serveApi()
  const verify = vi.spyOn(crypto.subtle, 'verify')
  const response = await sendRaw(`${url}/${batchOf(Array.from({ length: 20 }, () => 'private'))}`, bearing(mint()))

  expect([response.status, response.body.match(/Your token worked, ann\./g)?.length]).toEqual([200, 20])
  expect(verify).toHaveBeenCalledOnce()
})

test('with verifiedTokens: 0 it is verified once per request', async () => {
  const url = await serveApi(createApi({ verifiedTokens: 0 }))
  const verify = vi.spyOn(crypto.subtle, 'verify')
  const path = batchOf(['private', 'optional', 'private'])
  const [one, other] = [
    await sendRaw(`${url}/${path}`, bearing(mint())),
    await sendRaw(`${url}/${path}`, bearing(mint())),
  ]

  expect([one.status, other.status]).toEqual([200, 200])
  expect(verify).toHaveBeenCalledTimes(2)
})

test('with verifiedTokens: 0 two guards of one instance in a chain verify a token once', async () => {
  const jwt = createJwtVerifier({ passphrase: PASSPHRASE, verifiedTokens: 0 })
  const verify = vi.spyOn(crypto.subtle, 'verify')
  const guard = jwt.protectedProcedure.concat(jwt.protect({ scope: 'read' }))

  await expect(callBehind(guard, contextWith(jwt, mint({ scope: 'read' })))).resolves.toMatchObject({ sub: 'ann' })
  expect(verify).toHaveBeenCalledOnce()
})

test('a public call verifies no token', async () => {
  const url = await serveApi()
  const verify = vi.spyOn(crypto.subtle, 'verify')
  const responses = [await sendRaw(`${url}/hello`, bearing(mint())), await sendRaw(`${url}/hello`, bearing('garbage'))]

  expect(responses.map(({ status }) => status)).toEqual([200, 200])
  expect(verify).not.toHaveBeenCalled()
})
