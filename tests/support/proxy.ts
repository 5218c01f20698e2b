import { connect, createServer, type Socket } from 'node:net'

import { onTestFinished } from 'vitest'

import { listen } from './endpoint.ts'

/** Takes the place of a server, over TCP. */
export interface Proxy {
  readonly url: string
  /** What is connected now hears nothing any more, and no end. */
  goDead: () => void
  /** Lets the next request that contains a text reach the server, keeps the answer, and breaks the connection instead. */
  loseAnswerTo: (text: string) => void
  /** How many answers were lost so far. */
  readonly lost: number
}

/** Starts a proxy in front of the server of an address, until the test ends. */
export async function startProxy(address: string): Promise<Proxy> {
  const { hostname, port } = new URL(address)
  const sockets = new Set<Socket>()
  let [awaited, lost] = [undefined as string | undefined, 0]
  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    let losing = false
    near.on('data', (request) => {
      if (awaited !== undefined && request.includes(awaited)) [awaited, losing] = [undefined, true]
      far.write(request)
    })
    far.on('data', (answer) => {
      if (losing) {
        lost += 1
        near.destroy()
      } else near.write(answer)
    })
    for (const socket of [near, far]) sockets.add(socket.on('error', () => {}))
    near.once('close', () => far.destroy())
    far.once('close', () => near.destroy())
  })
  const url = new URL(address)
  url.port = String(await listen(server))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  return {
    url: url.href,
    goDead: () => {
      for (const socket of sockets) socket.removeAllListeners('data').pause()
    },
    loseAnswerTo: (text) => void (awaited = text),
    get lost() {
      return lost
    },
  }
}
