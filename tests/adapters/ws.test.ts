import { applyWSSHandler } from '@trpc/server/adapters/ws'
import { createServer, type IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'

import { createAdapterApi, listenHttp, type AdapterApi } from '../support/endpoint.ts'
import { sendRaw } from '../support/raw.ts'
import { testBearersOverSocket } from '../support/socket-scenario.ts'

const serve = ({ trpc: { router, createContext } }: AdapterApi) => {
  const server = createServer()
  const wss = new WebSocketServer({
    server,
    verifyClient: ({ req }: { req: IncomingMessage }) => URL.canParse(req.url ?? '', `http://${req.headers.host}`),
  })
  applyWSSHandler({ wss, router, createContext })
  return listenHttp(server)
}

describe('the WebSocket adapter', () => {
  testBearersOverSocket(serve)

  test('turns away an upgrade whose address is none, by the `verifyClient` of the guide', async () => {
    const { url } = await serve(createAdapterApi())
    const key = Buffer.from('a key of 16 byte').toString('base64')
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']
    const lines = [...upgrade, `Sec-WebSocket-Key: ${key}`]

    expect((await sendRaw(`${url}//`, lines)).status).toBe(401)
    expect((await sendRaw(`${url}//`, lines)).status).toBe(401)
  })
})
