import type { ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { freePort, ownProcess, startProcess } from '../support/own-process.ts'
import type { Order, ServerSettings, Word } from './settings.ts'

const PROGRAM = fileURLToPath(new URL('server.ts', import.meta.url))

/** A process of a server, from its start to its end, and what its heap took meanwhile. */
export interface Life {
  readonly server: string
  readonly bornAt: number
  readonly samples: { readonly at: number; readonly heapUsed: number }[]
}

/** What a server left behind when it was asked to close. */
export interface Leavings {
  readonly sockets: number
  readonly resources: readonly string[]
  /** Whether its process ended by itself, and well. */
  readonly ended: boolean
}

/** A server of the deployment: one address, and one process at a time. */
export type Server = Awaited<ReturnType<typeof startServer>>

/** Starts a server on a port that it keeps when it is started again. */
export async function startServer(name: string, redis: string, heard: (word: Word) => void) {
  const port = await freePort()
  const lives: Life[] = []
  let child: ChildProcess
  let death: AbortSignal

  async function start(): Promise<void> {
    const settings: ServerSettings = { port, redis }
    const args = ['--expose-gc', '--import', 'tsx', PROGRAM, JSON.stringify(settings)]
    const env = { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' }
    child = await startProcess(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env })
    const dying = new AbortController()
    child.once('exit', () => dying.abort())
    child.on('message', (said: Word) => heard(said))
    death = dying.signal
    await word('listening', 60_000)
    lives.push({ server: name, bornAt: Date.now(), samples: [] })
  }

  /** The next word of a kind. */
  async function word<Type extends Word['type']>(type: Type, patience: number): Promise<Word & { type: Type }> {
    const signal = AbortSignal.any([AbortSignal.timeout(patience), death])
    const said = new EventEmitter()
    const listen = (each: Word) => said.emit(each.type, each)
    child.on('message', listen)
    try {
      const [answer] = (await once(said, type, { signal })) as [Word & { type: Type }]
      return answer
    } finally {
      child.off('message', listen)
    }
  }

  async function ask<Type extends Word['type']>(order: Order, type: Type): Promise<Word & { type: Type }> {
    if (!child.connected) throw new Error(`${name} is not running.`)
    child.send(order, () => {})
    return word(type, 20_000)
  }

  await start()
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    address: `ws://127.0.0.1:${port}`,
    lives: lives as readonly Life[],
    kill: () => ownProcess(child).kill(),
    start,
    /** Notes what its heap takes once the garbage is out. */
    async sample(): Promise<void> {
      const { heapUsed } = await ask('sample', 'sample')
      lives.at(-1)?.samples.push({ at: Date.now(), heapUsed })
    },
    async close(): Promise<Leavings> {
      const closed = await ask('close', 'closed').catch(() => undefined)
      if (!closed) {
        await ownProcess(child).kill()
        return { sockets: 0, resources: ['a connection that kept it from closing'], ended: false }
      }
      const { sockets, resources } = closed
      const exit = once(child, 'exit', { signal: AbortSignal.timeout(10_000) })
      child.disconnect()
      const [code] = await exit.catch(() => ['it did not end'])
      return { sockets, resources, ended: code === 0 }
    },
  }
}
