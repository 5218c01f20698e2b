import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createClient } from 'redis'
import { afterAll } from 'vitest'

import { cannotTest, codeOf, freePort, ownProcess, startProcess, until, type OwnProcess } from './own-process.ts'

/** A Redis server of a test's own. */
export interface OwnRedis extends OwnProcess {
  readonly url: string
  readonly port: number
  /** Starts it again after `kill`: with its data, if `startRedis` was told to keep any. */
  restart(): Promise<void>
  /** Takes its data away, while it is not running. */
  wipe(): Promise<void>
}

/** Names no keys but a test's own. */
export const randomPrefix = (): string => `test-${randomBytes(8).toString('hex')}:`

/** The address of a Redis server: of `REDIS_URL`, or else of one that was started for this file. */
export const reachRedis = async (): Promise<string | undefined> =>
  process.env['REDIS_URL'] ?? (await startRedis('--appendonly', 'no'))?.url

/** Starts a Redis server on a free port, until the tests of the file have ended. */
export async function startRedis(...settings: string[]): Promise<OwnRedis | undefined> {
  const dir = await mkdtemp(join(tmpdir(), 'redis-'))
  afterAll(() => rm(dir, { recursive: true, force: true }))
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', ...settings]
  const start = async () => {
    const child = await startProcess('redis-server', args, { cwd: dir })
    await until('Redis answers', () => answersPing(port))
    return ownProcess(child)
  }
  try {
    let server = await start()
    afterAll(() => server.kill())
    return {
      url: `redis://127.0.0.1:${port}`,
      port,
      pause: () => server.pause(),
      resume: () => server.resume(),
      kill: () => server.kill(),
      restart: async () => {
        server = await start()
      },
      wipe: () => rm(join(dir, 'appendonlydir'), { recursive: true, force: true }),
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    return cannotTest('there is no `redis-server` on the PATH')
  }
}

/** One that keeps its data over a restart. */
export const startDurableRedis = () => startRedis('--appendonly', 'yes', '--appendfsync', 'always')

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.setTimeout(1_000, () => socket.destroy())
    socket.once('data', (data) => {
      resolve(String(data).startsWith('+PONG'))
      socket.destroy()
    })
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}

/** A client of the `redis` package that is closed when the tests of the file have ended. */
export async function openRedis(url: string) {
  const client = createClient({ url })
  client.on('error', () => {})
  await client.connect()
  afterAll(() => client.destroy())
  return client
}

/** Deletes a test's own keys when the tests of the file have ended. */
export function removeKeys(client: Awaited<ReturnType<typeof openRedis>>, prefixes: readonly string[]): void {
  afterAll(async () => {
    for (const prefix of prefixes) for (const key of await client.keys(`${prefix}*`)) await client.del(key)
  })
}

/** The ports of a cluster of three servers that share the keys among them. */
export async function startRedisCluster(): Promise<number[] | undefined> {
  const busPorts = [await freePort(), await freePort(), await freePort()]
  const servers = await Promise.all(
    busPorts.map((port) => startRedis('--cluster-enabled', 'yes', '--cluster-port', String(port))),
  )
  const nodes = servers.filter((server) => server !== undefined)
  if (nodes.length < 3) return undefined
  const clients = await Promise.all(nodes.map(({ url }) => openRedis(url)))
  const slots = [0, 5_461, 10_923, 16_384]
  for (const [i, client] of clients.entries()) {
    await client.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', String(slots[i]), String(Number(slots[i + 1]) - 1)])
    await client.sendCommand(['CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1)])
  }
  for (const client of clients) {
    for (const [i, { port }] of nodes.entries()) {
      await client.sendCommand(['CLUSTER', 'MEET', '127.0.0.1', String(port), String(busPorts[i])])
    }
  }
  for (const client of clients) {
    const formed = async () =>
      JSON.stringify(await client.sendCommand(['CLUSTER', 'INFO'])).includes('cluster_state:ok')
    await until('the cluster has formed', formed)
  }
  return nodes.map(({ port }) => port)
}
