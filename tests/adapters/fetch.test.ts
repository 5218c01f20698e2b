import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { describe } from 'vitest'

import { testBearersOver, testRepeatedLinesOver, testStreamedBatchesOver } from '../support/adapter-scenario.ts'
import { listenHttp, type AdapterApi } from '../support/endpoint.ts'
import { bridge } from '../support/node-bridge.ts'

const serve = ({ trpc }: AdapterApi) =>
  listenHttp(
    bridge((req) => fetchRequestHandler({ endpoint: '/trpc', req, ...trpc })),
    '/trpc',
  )

describe('the fetch adapter', () => {
  testBearersOver(serve)
  testStreamedBatchesOver(serve)
  testRepeatedLinesOver(serve)
})
