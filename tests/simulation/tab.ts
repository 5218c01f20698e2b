import {
  createTRPCUntypedClient,
  createWSClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  httpSubscriptionLink,
  splitLink,
  wsLink,
  type TRPCLink,
  type TRPCUntypedClient,
} from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { EventSource } from 'eventsource'

import { zoneNamed, type Zone } from './clock.ts'
import { signInOf, type Session } from './session.ts'
import type { SignIn } from './trace.ts'
import type { World } from './world.ts'

/** How a tab's client is put together. */
export interface Wiring {
  readonly http: 'single' | 'batch' | 'stream'
  readonly socket: 'none' | 'lazy' | 'eager'
}

type Client = TRPCUntypedClient<AnyTRPCRouter>

/** A tab with an app in it. */
export interface Tab {
  readonly zone: Zone
  readonly session: Session
  readonly client: Client
  /** The client of a server that issued no tokens. */
  readonly other: Client
  readonly hasSocket: boolean
  /** What the tab sees in the storage. */
  readonly stored: () => string | null
  readonly shown: () => SignIn | null
  readonly subscriptions: { unsubscribe(): void }[]
}

export const STORAGE_KEY = 'tokens'

/** Opens a tab. Must be called in a step of the tab's zone: the session looks around when it is made. */
export function openTab(world: World, name: string, { http, socket }: Wiring): Tab {
  const zone = zoneNamed(name)
  world.listeners.set(zone, [])
  const view = world.storage.open(zone, () => world.listeners.get(zone) ?? [])
  let built: { session: Session; client: Client; other: Client } | undefined

  function build(): NonNullable<typeof built> {
    const session = world.createSession({ storage: view.storage, key: STORAGE_KEY })
    const { headers } = session
    const overHttp = { single: httpLink, batch: httpBatchLink, stream: httpBatchStreamLink }[http]
    const events = httpSubscriptionLink({
      url: 'http://api.test',
      EventSource: EventSource as never,
      eventSourceOptions: session.eventSourceOptions as never,
    })
    const overNet = splitLink({
      condition: ({ type }) => type === 'subscription',
      true: events,
      false: overHttp({ url: 'http://api.test', headers }),
    })
    return {
      session,
      client: createTRPCUntypedClient({
        links: [
          session.link(),
          ...(socket === 'none'
            ? [overNet]
            : [
                splitLink({
                  condition: ({ context }) => context['over'] === 'socket',
                  true: overSocket(session),
                  false: overNet,
                }),
              ]),
        ] as TRPCLink<AnyTRPCRouter>[],
      }),
      other: createTRPCUntypedClient({
        links: [session.link({ router: null }), httpLink({ url: 'http://other.test', headers })],
      }),
    }
  }

  function overSocket(session: Session): TRPCLink<AnyTRPCRouter>[] {
    const client = createWSClient({
      url: 'ws://api.test',
      WebSocket: world.sockets.WebSocket,
      connectionParams: () => session.connectionParams(),
      ...(socket === 'lazy' && { lazy: { enabled: true, closeMs: 10_000 } }),
    })
    return [...(session.socket ? [session.socket(client)] : []), wsLink({ client })]
  }

  function ensure(): NonNullable<typeof built> {
    return (built ??= build())
  }
  const tab: Tab = {
    zone,
    get session() {
      return ensure().session
    },
    get client() {
      return ensure().client
    },
    get other() {
      return ensure().other
    },
    hasSocket: socket !== 'none',
    stored: () => view.text,
    shown: () => (built ? signInOf(built.session) : null),
    subscriptions: [],
  }
  world.clock.schedule(0, zone, () => void ensure())
  return tab
}

/** Closes a tab, or lets it crash: nothing in it runs again. */
export function closeTab(world: World, { zone }: Tab): void {
  zone.over = true
  world.locks.free(zone)
  world.network.cut(zone)
  world.sockets.cut(zone)
}
