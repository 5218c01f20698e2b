import { setTimeout as sleep } from 'node:timers/promises'

import { bareClient } from './clients.ts'
import { sidOf, signIn } from './leavers.ts'
import type { DurableRedis } from './redis.ts'
import type { Server } from './servers.ts'
import type { World } from './world.ts'

/** How long Redis stays away, in milliseconds. */
const AWAY = 1_500

/** In each minute a server process is killed after 20 seconds, and Redis after 40. The first server lives through all of it. */
export async function breakThings(world: World, redis: DurableRedis): Promise<void> {
  const [, ...mortal] = world.servers
  const pause = (seconds: number) => sleep(seconds * 1_000, undefined, { signal: world.over })
  try {
    for (let minute = 0; !world.over.aborted; minute += 1) {
      const [minuteStart, server] = [Date.now(), mortal[minute % mortal.length]]
      await pause(20)
      if (server) await killServer(world, server)
      await pause(Math.max(0, 40 - (Date.now() - minuteStart) / 1_000))
      await killRedis(world, redis)
      await pause(Math.max(0, 60 - (Date.now() - minuteStart) / 1_000))
    }
  } catch (error) {
    if (!world.over.aborted) throw error
  }
}

async function killServer({ ledger }: World, server: Server): Promise<void> {
  const over = ledger.announce(`server ${server.name} killed`, 'connection lost')
  await server.kill()
  await server.start()
  over()
}

async function killRedis(world: World, redis: DurableRedis): Promise<void> {
  const over = world.ledger.announce('Redis killed', 'SERVICE_UNAVAILABLE: Service unavailable')
  await redis.kill()
  await sleep(AWAY)
  await redis.start()
  await Promise.all(world.servers.map((server) => untilServed(world, server)))
  over()
}

/** Waits until a server has found its store again. */
async function untilServed(world: World, server: Server): Promise<void> {
  for (const givenUpAt = Date.now() + 15_000; ;) {
    const tokens = await signIn({ ...world, servers: [server] }, 'probe')
    if (tokens) {
      await bareClient(server, tokens.token).leave.mutate()
      return world.ledger.ended(sidOf(tokens.token))
    }
    if (Date.now() > givenUpAt) return world.ledger.violation(`${server.name} did not find Redis again within 15 s`)
    await sleep(100)
  }
}
