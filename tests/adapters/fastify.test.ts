import websocket from '@fastify/websocket'
import { fastifyTRPCPlugin } from '@trpc/server/adapters/fastify'
import fastify from 'fastify'
import { describe, onTestFinished } from 'vitest'

import { testBearersOver, testRepeatedLinesOver, testStreamedBatchesOver } from '../support/adapter-scenario.ts'
import type { AdapterApi } from '../support/endpoint.ts'
import { testBearersOverSocket } from '../support/socket-scenario.ts'

const listenFastify = async ({ trpc }: AdapterApi, { useWSS }: { useWSS: boolean }) => {
  const server = fastify({ forceCloseConnections: true })
  onTestFinished(() => server.close())
  if (useWSS) await server.register(websocket)
  await server.register(fastifyTRPCPlugin, { prefix: '/trpc', useWSS, trpcOptions: trpc })
  return { url: `${await server.listen({ host: '127.0.0.1', port: 0 })}/trpc` }
}

const serve = (api: AdapterApi) => listenFastify(api, { useWSS: false })
const serveWithWebSockets = (api: AdapterApi) => listenFastify(api, { useWSS: true })

describe('the Fastify adapter', () => {
  testBearersOver(serve)
  testStreamedBatchesOver(serve)
  testRepeatedLinesOver(serve)
})

describe('the Fastify adapter with useWSS, over HTTP', () => {
  testBearersOver(serveWithWebSockets)
  testStreamedBatchesOver(serveWithWebSockets)
  testRepeatedLinesOver(serveWithWebSockets)
})

describe('the Fastify adapter with useWSS, over a WebSocket', () => {
  testBearersOverSocket(serveWithWebSockets)
})
