import type { IncomingMessage, RequestListener } from 'node:http'
import { createNextApiHandler } from '@trpc/server/adapters/next'
import { describe } from 'vitest'

import { testBearersOver, testRepeatedLinesOver, testStreamedBatchesOver } from '../support/adapter-scenario.ts'
import { listenHttp, type AdapterApi } from '../support/endpoint.ts'
import { bodyOf } from '../support/node-bridge.ts'

/** Hands over `pages/api/trpc/[trpc].ts` what Next.js does: the path among the query, parsed cookies and body. */
const apiRoute =
  ({ trpc }: AdapterApi): RequestListener =>
  async (req, res) => {
    const { pathname, searchParams } = new URL(`http://127.0.0.1${req.url}`)
    const query = { ...Object.fromEntries(searchParams), trpc: pathname.replace('/api/trpc/', '') }
    await createNextApiHandler(trpc)(
      Object.assign(req, { query, cookies: cookiesOf(req), body: await parsed(req) }),
      res,
    )
  }

const cookiesOf = ({ headers }: IncomingMessage) =>
  Object.fromEntries((headers.cookie ?? '').split('; ').map((pair) => [pair.split('=')[0], pair.split('=')[1]]))

async function parsed(req: IncomingMessage): Promise<unknown> {
  const body = await bodyOf(req)
  return req.headers['content-type'] === 'application/json' ? JSON.parse(body || '{}') : body
}

const serve = (api: AdapterApi) => listenHttp(apiRoute(api), '/api/trpc')

describe('the Next.js pages adapter', () => {
  testBearersOver(serve)
  testStreamedBatchesOver(serve)
  testRepeatedLinesOver(serve)
})
