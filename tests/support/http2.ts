import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { onTestFinished } from 'vitest'

import type { Fetch } from './endpoint.ts'

/** A `fetch` over one HTTP/2 connection, for the stock client: as much of it as tRPC asks for. */
export function http2Fetch(origin: string): Fetch {
  const session = connectHttp2(origin)
  onTestFinished(() => session.destroy())
  return (input, init) => exchange(session, new Request(input, init as RequestInit))
}

async function exchange(session: ClientHttp2Session, request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url)
  const headers = Object.fromEntries(request.headers)
  const body = new Uint8Array(await request.arrayBuffer())
  const stream = session.request({ ':method': request.method, ':path': pathname + search, ...headers })
  stream.end(body.length > 0 ? body : undefined)
  const head = await new Promise<Record<string, unknown>>((resolve, reject) => {
    stream.once('response', resolve)
    stream.once('error', reject)
  })
  const fields = Object.entries(head).filter(([name]) => !name.startsWith(':'))
  return new Response(Readable.toWeb(stream) as ReadableStream, {
    status: Number(head[':status']),
    headers: fields.map(([name, value]): [string, string] => [name, String(value)]),
  })
}

const DATA = 0
const HEADERS = 1
const SETTINGS = 4
const END_STREAM = 1
const END_HEADERS = 4

/** Sends header fields that node's client refuses to send, such as one name twice, and gives the body of the answer. */
export async function sendRawHttp2(
  url: string,
  fields: readonly (readonly [name: string, value: string])[],
): Promise<string> {
  const { hostname, port, host, pathname } = new URL(url)
  const pseudo = { ':method': 'GET', ':scheme': 'http', ':authority': host, ':path': pathname }
  const block = Buffer.concat([...Object.entries(pseudo), ...fields].map(([name, value]) => literalField(name, value)))
  const socket = connect(Number(port), hostname)
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  socket.write(frame({ type: SETTINGS, flags: 0, stream: 0, payload: Buffer.alloc(0) }))
  socket.write(frame({ type: HEADERS, flags: END_STREAM | END_HEADERS, stream: 1, payload: block }))
  let received = Buffer.alloc(0)
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk as Buffer])
    const body = bodyIn(received)
    if (body !== undefined) return body
  }
  throw new Error('the connection ended without an answer')
}

/** The data of stream 1, once it is complete. */
function bodyIn(received: Buffer): string | undefined {
  const data: Buffer[] = []
  for (let start = 0; start + 9 <= received.length;) {
    const end = start + 9 + received.readUIntBE(start, 3)
    const [type, flags = 0] = received.subarray(start + 3, start + 5)
    if (end > received.length) return undefined
    if (type === DATA) data.push(received.subarray(start + 9, end))
    if (type === DATA && flags & END_STREAM) return Buffer.concat(data).toString()
    start = end
  }
  return undefined
}

interface Frame {
  type: number
  flags: number
  stream: number
  payload: Buffer
}

function frame({ type, flags, stream, payload }: Frame): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** A field without indexing and without Huffman coding (RFC 7541 6.2.2). */
const literalField = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.of(0), literalText(name), literalText(value)])

/** A text behind its length, which has a prefix of seven bits (RFC 7541 5.1, 5.2). */
function literalText(text: string): Buffer {
  const length: number[] = []
  let rest = text.length - 127
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128)
  return Buffer.concat([
    text.length < 127 ? Buffer.of(text.length) : Buffer.of(127, ...length, rest),
    Buffer.from(text),
  ])
}
