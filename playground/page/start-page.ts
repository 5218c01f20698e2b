import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { extname } from 'node:path'

import { createApi } from './api.ts'
import { buildPage } from './build-page.ts'

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }

/** Every script of a page can read its tokens. So only the page's own script may run, and it may connect only to this server. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-cache',
}

/** Serves the page and the API on one port of this machine; port 0 chooses a free port. */
export async function startPage(port: number): Promise<Server> {
  const files = await buildPage()
  const apiOf = createApi()

  function sendFile({ url = '' }: IncomingMessage, res: ServerResponse): void {
    const name = url.split('?')[0] === '/' ? 'index.html' : url.slice(1)
    const file = files.get(name)
    if (file === undefined) res.writeHead(404, { 'content-type': 'text/plain' }).end('Not found')
    else res.writeHead(200, { ...HEADERS, 'content-type': `${TYPES[extname(name)]}; charset=utf-8` }).end(file)
  }

  const server = createServer(async (req, res) => {
    const api = await apiOf(req)
    if (api) api.handle(req, res)
    else sendFile(req, res)
  })
  server.on('upgrade', async (req, socket, head) => {
    const api = await apiOf(req)
    if (api) api.upgrade(req, socket, head)
    else socket.destroy()
  })
  await once(server.listen(port, '127.0.0.1'), 'listening')
  return server
}
