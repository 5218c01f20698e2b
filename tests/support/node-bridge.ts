import type { IncomingMessage, RequestListener } from 'node:http'
import { Readable } from 'node:stream'

/** Serves a handler of `Request`s, as Hono, Bun, Deno, workers and Next.js routes have it, under Node's HTTP/1. */
export const bridge =
  (handler: (request: Request) => Promise<Response>): RequestListener =>
  async (incoming, outgoing) => {
    const response = await handler(await toRequest(incoming))
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    if (response.body) Readable.fromWeb(response.body as never).pipe(outgoing)
    else outgoing.end()
  }

async function toRequest(incoming: IncomingMessage): Promise<Request> {
  const headers = new Headers()
  const { rawHeaders, method = 'GET' } = incoming
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(String(rawHeaders[i]), String(rawHeaders[i + 1]))
  const body = await bodyOf(incoming)
  return new Request(`http://127.0.0.1${incoming.url}`, { method, headers, ...(body.length > 0 && { body }) })
}

/** The whole body of a request. */
export async function bodyOf(incoming: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of incoming.setEncoding('utf8')) body += String(chunk)
  return body
}
