import { connect } from 'node:net'

/** A response as it came over the wire: repeated header lines stay apart. */
export interface RawResponse {
  status: number
  headers: [name: string, value: string][]
  body: string
}

/** Sends header lines byte for byte, also such as no client would send. HTTP/1.0 spares us chunked answers. */
export async function sendRaw(
  url: string,
  lines: readonly string[] = [],
  { method = 'GET', body }: { method?: string; body?: string } = {},
): Promise<RawResponse> {
  const { hostname, port, pathname, search } = new URL(url)
  const bodyLines =
    body === undefined ? [] : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`]
  const head = [`${method} ${pathname}${search} HTTP/1.0`, `Host: ${hostname}:${port}`, ...lines, ...bodyLines]
  const socket = connect(Number(port), hostname)
  socket.write(`${head.join('\r\n')}\r\n\r\n${body ?? ''}`)
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return parseResponse(Buffer.concat(chunks).toString())
}

function parseResponse(text: string): RawResponse {
  const end = text.indexOf('\r\n\r\n')
  const [statusLine = '', ...headerLines] = text.slice(0, end).split('\r\n')
  return {
    status: Number(statusLine.split(' ')[1]),
    headers: headerLines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
    body: text.slice(end + 4),
  }
}

/** Every value of a header, in the order that it came. */
export const headerValues = ({ headers }: RawResponse, name: string): string[] =>
  headers.flatMap(([key, value]) => (key.toLowerCase() === name ? [value] : []))
