import { once } from 'node:events'
import { connect } from 'node:net'

import { expect, test } from 'vitest'

import { startPageServer } from '../support/page.ts'

const url = await startPageServer()

/** Sends the head of a request as it is, and waits for the end of the connection. */
async function send(...lines: string[]): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  let answer = ''
  socket.on('data', (data) => (answer += String(data)))
  socket.write([...lines, '', ''].join('\r\n'))
  await once(socket, 'close')
  return answer
}

const UPGRADE = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13']

test.each([
  ['a host that makes no address', '/api/60s', '['],
  ['an address that nobody serves', '/api/61s', '127.0.0.1'],
])('a WebSocket to %s is hung up on, and the page goes on', async (_what, path, host) => {
  const key = Buffer.from(path.padEnd(16).slice(0, 16)).toString('base64')
  const answer = await send(`GET ${path} HTTP/1.1`, `Host: ${host}`, ...UPGRADE, `Sec-WebSocket-Key: ${key}`)

  expect(answer).not.toContain('101')
  expect((await fetch(url)).status).toBe(200)
})

test('serves nothing but the page and its API', async () => {
  const statuses = ['/', '/api/60s/status', '/package.json', '/../package.json', '/%2e%2e/x', '/api/61s/status'].map(
    async (path) => (await fetch(url + path)).status,
  )

  expect(await Promise.all(statuses)).toEqual([200, 200, 404, 404, 404, 404])
})
