import { connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

import { listen } from './endpoint.ts'

/** A line to a server, which can be cut, and be down. */
export async function createLine(url: string) {
  const sockets = new Set<Socket>()
  const line = {
    url: '',
    isDown: false,
    cut() {
      for (const socket of sockets) socket.destroy()
    },
  }
  const proxy = createServer((socket) => {
    if (line.isDown) {
      socket.destroy()
      return
    }
    const upstream = connect(Number(new URL(url).port), '127.0.0.1')
    for (const end of [socket, upstream]) {
      sockets.add(end)
      end.on('error', () => {})
      end.on('close', () => sockets.delete(end))
    }
    socket.pipe(upstream).pipe(socket)
    socket.on('close', () => upstream.destroy())
    upstream.on('close', () => socket.destroy())
  })
  onTestFinished(() => line.cut())
  line.url = `http://127.0.0.1:${await listen(proxy)}`
  return line
}

/** A line for WebSockets that delays each answer of the server by `answerMs`. */
export async function slowLine(url: string) {
  const line = { address: '', answerMs: 0 }
  const proxy = createServer((socket) => {
    const upstream = connect(Number(new URL(url).port), '127.0.0.1')
    socket.pipe(upstream)
    upstream.on('data', (chunk) => {
      setTimeout(() => socket.writable && socket.write(chunk), line.answerMs)
    })
    for (const end of [socket, upstream]) end.on('error', () => {})
    socket.on('close', () => upstream.destroy())
    upstream.on('close', () => setTimeout(() => socket.destroy(), line.answerMs))
    onTestFinished(() => void socket.destroy())
  })
  line.address = `ws://127.0.0.1:${await listen(proxy)}`
  return line
}
