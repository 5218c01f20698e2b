import { httpSubscriptionLink, splitLink, wsLink, type TRPCLink } from '@trpc/client'
import { EventSource } from 'eventsource'
import type { Session } from 'trpc-jwt-trivial/client'

import { anyServer, openSocket } from './clients.ts'
import { now, refusalOf } from './ledger.ts'
import type { SoakRouter } from './server.ts'
import type { Server } from './servers.ts'
import { lastEvent } from './settings.ts'
import { signInUser, visit, type User } from './users.ts'
import type { World } from './world.ts'

/** How many events a stream may lag behind when all is well. */
const LAG = 20

/** A user who listens, besides calling. */
export interface Watcher {
  readonly user: User
  /** Whether every event until now has come. */
  readonly isUpToDate: () => boolean
  readonly stop: () => void
  readonly close: () => Promise<void>
}

type Way = 'a WebSocket alone' | 'a WebSocket beside HTTP' | 'SSE'
const WAYS: readonly Way[] = ['a WebSocket alone', 'a WebSocket beside HTTP', 'SSE']

const isSubscription = ({ type }: { type: string }): boolean => type === 'subscription'

/** One watcher for each server and each way to listen. */
export const watchers = (world: World): Promise<Watcher[]> =>
  Promise.all(world.servers.flatMap((server) => WAYS.map((way) => startWatcher(world, server, way))))

async function startWatcher(world: World, server: Server, way: Way): Promise<Watcher> {
  const sockets: ReturnType<typeof openSocket>[] = []
  const via = (session: Session): TRPCLink<SoakRouter>[] => {
    const { eventSourceOptions } = session
    const overHttp = anyServer(world, session)
    if (way === 'SSE') {
      const overSse: TRPCLink<SoakRouter> = httpSubscriptionLink({ url: server.url, EventSource, eventSourceOptions })
      return [splitLink({ condition: isSubscription, true: overSse, false: overHttp })]
    }
    const socket = openSocket(server, session.connectionParams)
    sockets.push(socket)
    const overSocket: TRPCLink<SoakRouter>[] = [session.socket(socket), wsLink({ client: socket })]
    if (way === 'a WebSocket alone') return overSocket
    return [splitLink({ condition: isSubscription, true: overSocket, false: overHttp })]
  }
  const user = await signInUser(world, `watcher of ${server.name} by ${way}`, via)
  const listener = listen(world, user)
  void visit(world, user, 800)
  return { user, ...listener, close: async () => void (await Promise.all(sockets.map((socket) => socket.close()))) }
}

/** Takes every event down, and goes on from the last one where an outage ended the stream. */
function listen({ ledger }: World, { name, client }: User): Pick<Watcher, 'isUpToDate' | 'stop'> {
  let last: number | undefined
  let heardAt = now()
  let stopped = false
  let subscription: { unsubscribe(): void } | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  function start(): void {
    const input = last === undefined ? undefined : { lastEventId: String(last) }
    subscription = client.events.subscribe(input, {
      onData({ data }) {
        if (last !== undefined && data !== last + 1) {
          ledger.violation(`${name}: event ${data - last - 1} after the next, where 0 was due`)
        }
        ledger.count('tracked events')
        last = data
        heardAt = now()
      },
      onError(error) {
        const refusal = refusalOf(error)
        if (!ledger.isExcusedToRenew(refusal, heardAt)) ledger.violation(`${name}: the stream ended in "${refusal}"`)
        ledger.count('streams resumed by the test')
        timer = setTimeout(start, 250)
      },
      onComplete() {
        if (!stopped) ledger.violation(`${name}: the stream came to an end`)
      },
    })
  }

  start()
  return {
    isUpToDate: () => last !== undefined && lastEvent() - last < LAG,
    stop() {
      stopped = true
      clearTimeout(timer)
      subscription?.unsubscribe()
    },
  }
}
