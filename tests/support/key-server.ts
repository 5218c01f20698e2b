import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { onTestFinished } from 'vitest'

/** A key server on loopback whose behaviour can be switched. */
export interface KeyServer {
  readonly url: string
  /** How many requests have come. */
  readonly requests: number
  /** How many of them wait for an answer, or for the rest of it. */
  readonly open: number
  behave(behaviour: RequestListener): void
  /** Refuses connections, and breaks those that are open. */
  die(): Promise<void>
  /** Listens again, on the same port. */
  revive(): Promise<void>
}

/** Starts a key server that publishes `keys`, until the test ends. */
export async function startKeyServer(...keys: object[]): Promise<KeyServer> {
  let behaviour = publishing(...keys)
  let [requests, open] = [0, 0]
  const server = createServer((req, res) => {
    requests += 1
    open += 1
    res.on('close', () => (open -= 1))
    res.setHeader('connection', 'close')
    behaviour(req, res)
  })
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const die = () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeAllConnections()
    return closed
  }
  await listen(0)
  onTestFinished(die)
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/.well-known/jwks.json`,
    get requests() {
      return requests
    },
    get open() {
      return open
    },
    behave: (next) => void (behaviour = next),
    die,
    revive: () => listen(port),
  }
}

/** Publishes a set of keys. */
export const publishing = (...keys: object[]): RequestListener => answering(JSON.stringify({ keys }))

/** Answers with this text or these bytes, whatever they are. */
export const answering =
  (body: string | Uint8Array, { status = 200, headers = {} }: { status?: number; headers?: object } = {}) =>
  (_: unknown, res: ServerResponse): void => {
    res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
  }

/** Sends a redirect. */
export const redirecting = (status: number, location: string): RequestListener =>
  answering('', { status, headers: { location } })

/** Takes the request and says nothing. */
export const hangingBeforeHeaders: RequestListener = () => {}

/** Says the head and the start of a set, then nothing. */
export const hangingInBody: RequestListener = (_, res) => void res.writeHead(200).write('{"keys":[')

/** Sends a blank now and then, for ever: never silent for long, never done. */
export const dripping: RequestListener = (_, res) => {
  res.writeHead(200).write('{"keys":[')
  const timer = setInterval(() => res.write(' '), 100)
  res.on('close', () => clearInterval(timer))
}

/** Breaks the connection in the midst of the set. */
export const breakingOff: RequestListener = (_, res) => {
  res.writeHead(200, { 'content-length': 1000 }).write('{"keys":[', () => res.destroy())
}

/** Sends `total` bytes of blanks as fast as they are taken, and tells `sent` how many have left so far. */
export const flooding =
  (total: number, sent: (bytes: number) => void, status = 200): RequestListener =>
  (_, res) => {
    const chunk = Buffer.alloc(64 * 1024, ' ')
    let bytes = 0
    const pump = () => {
      sent(bytes)
      if (bytes >= total) return res.end()
      bytes += chunk.length
      return res.write(chunk, (error) => error ?? pump())
    }
    res.writeHead(status)
    pump()
  }
