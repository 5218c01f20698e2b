import { EventEmitter } from 'node:events'

import type { Clock, Zone } from './clock.ts'
import type { Network } from './network.ts'
import type { Server } from './server.ts'
import type { Trace } from './trace.ts'

/** The WebSockets between tabs and the server. */
export interface Sockets {
  /** What `createWSClient` takes for `WebSocket`. */
  readonly WebSocket: typeof WebSocket
  /** Cuts all of them, or those of a tab that closed. */
  cut(zone?: Zone): void
}

interface Parts {
  readonly clock: Clock
  readonly network: Network
  readonly server: Server
  readonly latencyMs: number
  readonly trace: Trace
}

const [CONNECTING, OPEN, CLOSING, CLOSED] = [0, 1, 2, 3]
const CUT_AFTER_MS = 1_000

/** Makes pairs of sockets. */
export function createSockets({ clock, network, server, latencyMs, trace }: Parts): Sockets {
  const open = new Map<(zone: Zone) => void, Zone>()

  function connect(): object {
    const { zone } = clock
    const target = new EventTarget()
    let wasOpened = false
    const far = Object.assign(new EventEmitter(), {
      readyState: OPEN,
      send: (data: string) => toClient(() => emit('message', { data })),
      close: () => close(server.zone),
      terminate: () => close(server.zone),
      ping: () => {},
    })

    function emit(type: string, fields: object = {}): void {
      target.dispatchEvent(Object.assign(new Event(type), fields))
    }
    function toClient(run: () => void): void {
      clock.schedule(latencyMs, zone, () => {
        if (near.readyState !== CLOSED && !network.down) run()
      })
    }
    function toServer(run: () => void): void {
      clock.schedule(latencyMs, server.zone, () => {
        if (far.readyState !== CLOSED && !network.down) run()
      })
    }
    function leaveFar(): void {
      if (far.readyState === CLOSED) return
      far.readyState = CLOSED
      far.emit('close')
    }
    function leaveNear(): void {
      if (near.readyState === CLOSED) return
      near.readyState = CLOSED
      if (!wasOpened) emit('error')
      open.delete(cut)
      emit('close', { code: 1006, reason: '', wasClean: false })
    }
    /** Closes from one side: the other hears of it later. */
    function close(by: Zone): void {
      if (near.readyState >= CLOSING) return
      near.readyState = CLOSING
      far.readyState = by === server.zone ? CLOSING : far.readyState
      clock.schedule(latencyMs, server.zone, leaveFar)
      clock.schedule(by === server.zone ? latencyMs : 2 * latencyMs, zone, leaveNear)
    }
    function cut(): void {
      clock.schedule(CUT_AFTER_MS, server.zone, leaveFar)
      clock.schedule(CUT_AFTER_MS, zone, leaveNear)
    }

    const near = Object.assign(target, {
      readyState: CONNECTING,
      binaryType: 'blob',
      close: () => close(zone),
      send(data: string) {
        const [, params] = /"authorization":"([^"]*)"/.exec(data) ?? []
        if (params !== undefined) trace.params.push(params)
        if (near.readyState === CONNECTING) throw new DOMException('Still connecting', 'InvalidStateError')
        if (near.readyState === OPEN) toServer(() => far.emit('message', Buffer.from(data), false))
      },
    })
    open.set(cut, zone)
    clock.schedule(latencyMs, server.zone, () => {
      if (network.down) {
        clock.schedule(CUT_AFTER_MS, zone, leaveNear)
        return
      }
      server.accept(far)
      clock.schedule(latencyMs, zone, () => {
        if (near.readyState !== CONNECTING) return
        near.readyState = OPEN
        wasOpened = true
        emit('open')
      })
    })
    return near
  }

  function SimulatedWebSocket(): object {
    return connect()
  }
  return {
    WebSocket: Object.assign(SimulatedWebSocket, { CONNECTING, OPEN, CLOSING, CLOSED }) as unknown as typeof WebSocket,
    cut(of) {
      for (const [cut, zone] of open) if (!of || of === zone) cut(zone)
    },
  }
}
