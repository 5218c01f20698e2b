import { createHTTPServer } from '@trpc/server/adapters/standalone'

import { createApp } from './app.ts'

const { jwt, router } = createApp()
const { createContext, responseMeta } = jwt
const server = createHTTPServer({ router, createContext, responseMeta, maxBatchSize: 10 })
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address && typeof address === 'object') console.log(`listening on ${address.port}`)
})
