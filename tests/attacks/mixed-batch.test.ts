import { afterEach, expect, test, vi } from 'vitest'

import { serveApi } from '../support/api.ts'
import { mint } from '../support/mint.ts'
import { headerValues, sendRaw } from '../support/raw.ts'

const FORGED = mint({}, { passphrase: 'another passphrase of thirty-two bytes' })
const batchOf = (paths: readonly string[]) => `${paths.join(',')}?batch=1`
const bearing = (token: string) => [`Authorization: Bearer ${token}`]

afterEach(() => {
  vi.restoreAllMocks()
})

test('public and protected calls in one batch keep their own results', async () => {
  const url = await serveApi()
  const path = batchOf(['hello', 'private', 'optional', 'admin', 'hello'])
  const answersTo = async (lines: string[]) => {
    const response = await sendRaw(`${url}/${path}`, lines)
    const results = JSON.parse(response.body) as { result?: { data: unknown }; error?: { message: string } }[]
    return {
      status: response.status,
      challenge: headerValues(response, 'www-authenticate'),
      results: results.map(({ result, error }) => result?.data ?? error?.message ?? null),
    }
  }
  const hello = 'Anyone may call this.'

  expect(await answersTo([])).toEqual({
    status: 207,
    challenge: ['Bearer realm="trpc"'],
    results: [hello, 'Authentication required', null, 'Authentication required', hello],
  })
  expect(await answersTo(bearing(FORGED))).toEqual({
    status: 207,
    challenge: ['Bearer realm="trpc", error="invalid_token"'],
    results: [hello, 'Invalid token', 'Invalid token', 'Invalid token', hello],
  })
  expect(await answersTo(bearing(mint()))).toEqual({
    status: 207,
    challenge: ['Bearer realm="trpc", error="insufficient_scope", scope="admin audit"'],
    results: [hello, 'Your token worked, ann.', 'ann', 'Insufficient scope', hello],
  })
})

test('a batch of twenty calls with a forged token costs one verification', async () => {
  const url = await serveApi()
  const verify = vi.spyOn(crypto.subtle, 'verify')
  const response = await sendRaw(`${url}/${batchOf(Array.from({ length: 20 }, () => 'private'))}`, bearing(FORGED))

  expect([response.status, response.body.match(/"message":"Invalid token"/g)?.length]).toEqual([401, 20])
  expect(verify).toHaveBeenCalledOnce()
})
