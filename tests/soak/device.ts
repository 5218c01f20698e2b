import { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink, wsLink, type TRPCLink } from '@trpc/client'
import { EventSource } from 'eventsource'
import type { Session } from 'trpc-jwt-trivial/client'

import { createAsked, type Asked } from './asked.ts'
import { isBroken } from './broken-rules.ts'
import { openBrowser } from './browser.ts'
import { openSocket, type Client } from './clients.ts'
import { now } from './ledger.ts'
import type { Runs } from './runs.ts'
import type { SoakRouter } from './server.ts'
import type { Who } from './settings.ts'
import { pick, type World } from './world.ts'

export type Via = 'HTTP' | 'a WebSocket'
export const VIAS: readonly Via[] = ['HTTP', 'a WebSocket']

/** To whom a call belongs: a sign-in, by the client's name of it, and whom its token names. */
export interface Owner extends Who {
  readonly signInId: string
}

export interface Tab {
  readonly name: string
  readonly session: Session
  readonly clients: Readonly<Record<Via, Client>>
  /** Who is signed in, as far as this tab knows. */
  readonly owner: () => Owner | undefined
  /** When this tab last took over another sign-in or a sign-out. */
  readonly changedAt: () => number
  readonly close: () => Promise<void>
}

/** A device: two tabs of one browser, with one user at a time. */
export interface Device {
  readonly world: World
  readonly runs: Runs
  readonly name: string
  readonly asked: Asked
  readonly tabs: readonly [Tab, Tab]
}

export function openDevice(world: World, runs: Runs, n: number): Device {
  const asked = createAsked(world.ledger)
  const name = `device ${n}`
  const browser = openBrowser(String(n), n % 2 === 0)
  const open = (tab: string) => openTab({ world, asked, name: `tab ${tab} of ${name}`, session: browser.openTab() })
  return { world, runs, name, asked, tabs: [open('1'), open('2')] }
}

interface Opening {
  readonly world: World
  readonly asked: Asked
  readonly name: string
  readonly session: Session
}

function openTab({ world, asked, name, session }: Opening): Tab {
  let before = ownerIn(session)
  let changedAt = Number.NEGATIVE_INFINITY
  session.subscribe(() => {
    const after = ownerIn(session)
    if (after?.signInId === before?.signInId) return
    if (!after && before && !asked.mayBeOut(before.sid)) {
      world.ledger.violation(`${name} signed ${before.sub} out, which nobody had asked for`)
    }
    changedAt = now()
    before = after
  })
  const socket = openSocket(pick(world.servers), session.connectionParams, Math.random() < 0.5)
  const guards = isBroken('socket') ? [] : [session.socket<SoakRouter>(socket)]
  return {
    name,
    session,
    clients: {
      HTTP: createTRPCClient<SoakRouter>({ links: [session.link(), asked.link(), overHttp(world, session)] }),
      'a WebSocket': createTRPCClient<SoakRouter>({
        links: [session.link(), asked.link(), ...guards, wsLink({ client: socket })],
      }),
    },
    owner: () => ownerIn(session),
    changedAt: () => changedAt,
    close: () => socket.close(),
  }
}

/** Batches for any server, and events from one of them. */
function overHttp({ servers }: World, session: Session): TRPCLink<SoakRouter> {
  const headers = isBroken('headers') ? () => session.headers() : session.headers
  const { eventSourceOptions } = session
  const batches = (runtime: Parameters<TRPCLink<SoakRouter>>[0]) => {
    const links = servers.map(({ url }) => httpBatchLink<SoakRouter>({ url, headers })(runtime))
    return (passing: Parameters<(typeof links)[number]>[0]) => pick(links)(passing)
  }
  return splitLink({
    condition: ({ type }) => type === 'subscription',
    true: httpSubscriptionLink({ url: pick(servers).url, EventSource, eventSourceOptions }),
    false: batches,
  })
}

function ownerIn({ signInId, claims }: Session): Owner | undefined {
  if (signInId === null) return undefined
  return { signInId, sub: String(claims?.['sub']), sid: String(claims?.['sid']) }
}
