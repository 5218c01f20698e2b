import { createExpressMiddleware } from '@trpc/server/adapters/express'
import express from 'express'
import { describe } from 'vitest'

import { testBearersOver, testRepeatedLinesOver, testStreamedBatchesOver } from '../support/adapter-scenario.ts'
import { listenHttp, type AdapterApi } from '../support/endpoint.ts'

const serve = ({ trpc }: AdapterApi) => {
  const app = express()
  app.use('/trpc', createExpressMiddleware(trpc))
  return listenHttp(app, '/trpc')
}

const serveBehindBodyParser = ({ trpc }: AdapterApi) => {
  const app = express()
  app.use(express.json())
  app.use('/trpc', createExpressMiddleware(trpc))
  return listenHttp(app, '/trpc')
}

describe('the Express adapter', () => {
  testBearersOver(serve)
  testStreamedBatchesOver(serve)
  testRepeatedLinesOver(serve)
})

describe('the Express adapter behind a body parser', () => {
  testBearersOver(serveBehindBodyParser)
})
