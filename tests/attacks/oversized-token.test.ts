import { afterEach, expect, test, vi } from 'vitest'

import { createApi, serveApi } from '../support/api.ts'
import { mint } from '../support/mint.ts'
import { headerValues, sendRaw } from '../support/raw.ts'
import { serveFetch } from '../support/serve.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

test('a correctly signed token of 8 KiB is accepted, and a longer one is rejected', async () => {
  const api = createApi()
  const urls = [await serveApi(api), await serveFetch(api.appRouter, api.jwt)]
  const fits = mint({ filler: 'x'.repeat(6021) })
  const tooLong = mint({ filler: 'x'.repeat(6024) })

  expect([fits.length, tooLong.length]).toEqual([8192, 8196])
  for (const url of urls) {
    const response = await sendRaw(`${url}/private`, [`Authorization: Bearer ${tooLong}`])
    expect((await sendRaw(`${url}/private`, [`Authorization: Bearer ${fits}`])).status).toBe(200)
    expect([response.status, headerValues(response, 'www-authenticate')]).toEqual([
      401,
      ['Bearer realm="trpc", error="invalid_token"'],
    ])
    expect(response.body).toContain('"message":"Invalid token"')
  }
})

test('a token of four megabytes is rejected before anything of it is decoded', async () => {
  const { jwt } = createApi()
  const token = mint({ filler: 'x'.repeat(3_000_000) })
  const parse = vi.spyOn(JSON, 'parse')
  const verify = vi.spyOn(crypto.subtle, 'verify')
  const { bearer } = jwt.createContext({ req: { headers: { authorization: `Bearer ${token}` } } })

  expect([bearer.status, bearer.token]).toEqual(['malformed', undefined])
  await expect(jwt.verify(token)).rejects.toMatchObject({ code: 'UNAUTHORIZED', cause: { reason: 'malformed' } })
  expect([parse.mock.calls.length, verify.mock.calls.length]).toEqual([0, 0])
  await jwt.verify(mint())
  expect(parse).toHaveBeenCalled()
  expect(verify).toHaveBeenCalledOnce()
})

const megabytes = (text: string) => text.repeat((4 * 2 ** 20) / text.length)

test('createContext reads any four megabytes in less than five milliseconds', () => {
  const { jwt } = createApi()
  const values = ['Bearer ', 'Bearer', 'x', ' ', ', ', 'Basic , ', ',bearer'].map(megabytes)
  values.push(`Bearer ${megabytes('a')}`, `Basic ${megabytes(' ')}`, `Basic ${megabytes('YQ==')}`)
  const quickest = (authorization: string) =>
    Math.min(
      ...Array.from({ length: 5 }, () => {
        const started = performance.now()
        jwt.createContext({ req: { headers: { authorization } } })
        jwt.createContext({ req: { headers: {} }, info: { url: null, connectionParams: { authorization } } })
        return performance.now() - started
      }),
    )

  for (const value of values) expect(quickest(value)).toBeLessThan(5)
})
