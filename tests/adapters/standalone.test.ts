import { createHTTPHandler, createHTTPServer } from '@trpc/server/adapters/standalone'
import cors from 'cors'
import { describe, expect, test } from 'vitest'

import { testBearersOver, testRepeatedLinesOver, testStreamedBatchesOver } from '../support/adapter-scenario.ts'
import { createAdapterApi, listenHttp, type AdapterApi } from '../support/endpoint.ts'

const serve = ({ trpc }: AdapterApi) => listenHttp(createHTTPServer(trpc))

describe('the standalone adapter over HTTP/1', () => {
  testBearersOver(serve)
  testStreamedBatchesOver(serve)
  testRepeatedLinesOver(serve)

  test("answers a browser's preflight, which carries no token, where cors() is given", async () => {
    const { trpc, reasons } = createAdapterApi()
    const middleware = cors({ origin: 'https://app.example' })
    const { url } = await listenHttp(createHTTPHandler({ ...trpc, middleware }))
    const response = await fetch(`${url}/private`, {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example', 'access-control-request-headers': 'authorization' },
    })

    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example')
    expect(response.headers.get('access-control-allow-headers')).toBe('authorization')
    expect(reasons).toEqual([])
  })
})
