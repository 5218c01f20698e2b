import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createClient } from 'redis'

import { freePort, ownProcess, startProcess, until, type OwnProcess } from '../support/own-process.ts'

/** A Redis server of our own, which writes down each change before it answers. */
export type DurableRedis = Awaited<ReturnType<typeof startRedis>>

/** Starts it on a free port. */
export async function startRedis() {
  const dir = await mkdtemp(join(tmpdir(), 'soak-redis-'))
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  const durable = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always']
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, ...durable]
  let running: OwnProcess

  async function start(): Promise<void> {
    running = ownProcess(await startProcess('redis-server', args, { cwd: dir }))
    await until('Redis answers', () => ask(url, async (client) => (await client.ping()) === 'PONG'))
  }

  await start()
  return {
    url,
    start,
    kill: () => running.kill(),
    async end(): Promise<void> {
      await running.kill()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Asks Redis something over a connection of its own. */
export async function ask<Answer>(
  url: string,
  question: (client: ReturnType<typeof createClient>) => Promise<Answer>,
): Promise<Answer> {
  const client = createClient({ url, socket: { reconnectStrategy: false } })
  client.on('error', () => {})
  try {
    await client.connect()
    return await question(client as ReturnType<typeof createClient>)
  } finally {
    client.destroy()
  }
}
