import { createServer } from 'node:http2'
import { createHTTP2Handler } from '@trpc/server/adapters/standalone'
import { describe, expect, test } from 'vitest'

import { testBearersOver } from '../support/adapter-scenario.ts'
import { createAdapterApi, listen, type AdapterApi } from '../support/endpoint.ts'
import { http2Fetch, sendRawHttp2 } from '../support/http2.ts'
import { mint } from '../support/mint.ts'

const listenHttp2 = async ({ trpc }: AdapterApi) =>
  `http://127.0.0.1:${await listen(createServer(createHTTP2Handler(trpc)))}`

describe('the standalone adapter over HTTP/2', () => {
  testBearersOver(async (api) => {
    const url = await listenHttp2(api)
    return { url, fetch: http2Fetch(url) }
  })

  test('rejects two authorization fields, equal or not, of one scheme or two', async () => {
    const api = createAdapterApi()
    const url = `${await listenHttp2(api)}/private`
    const ann = ['authorization', `Bearer ${mint()}`] as const
    const bob = ['authorization', `Bearer ${mint({ sub: 'bob' })}`] as const
    const basic = ['authorization', 'Basic YTpi'] as const

    expect(await sendRawHttp2(url, [ann])).toBe('{"result":{"data":"Your token worked, ann."}}')
    expect(await sendRawHttp2(url, [ann, bob])).toContain('"message":"Invalid token"')
    expect(await sendRawHttp2(url, [ann, ann])).toContain('"message":"Invalid token"')
    expect(await sendRawHttp2(url, [basic, ann])).toContain('"message":"Invalid token"')
    expect(api.reasons).toEqual(['malformed', 'malformed', 'malformed'])
  })
})
