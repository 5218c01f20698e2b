import type { Operation } from '@trpc/client'

import { withTimeout } from '../time/timers.ts'
import type { CallOwners, CallsToSend } from './call-owner.ts'
import type { Renewal } from './renewal.ts'
import type { SignInStore } from './sign-in-store.ts'
import type { SocketSignIns } from './socket-sign-ins.ts'

/** How long a new connection waits for a renewal. */
const CONNECTION_TIMEOUT_MS = 5_000

/** The headers of a call, or the `connectionParams` of a WebSocket. */
export type AuthorizationHeaders = { authorization?: string }

/** The options of an `EventSource` that can send headers. */
export interface EventSourceOptions {
  fetch: (url: string | URL, init?: RequestInit) => Promise<Response>
}

/** For whom `connectionParams` were answered. */
export interface AnsweredFor {
  /** `null` for nobody. */
  readonly signIn: string | null
  readonly token: string | undefined
}

/** For whom the `connectionParams` of WebSockets are answered. */
export interface AnsweredParams {
  /** The latest answer; undefined if nobody has asked yet. */
  readonly latest: AnsweredFor | undefined
  /** Returns a function that removes the listener. */
  onAnswer(listener: () => void): () => void
  /** Tells that a renewal or a sign-in needs a connection: none must wait for a renewal. Returns a function that ends this. */
  needConnection(): () => void
}

/** Hands out the access token, to the calls of its sign-in only. */
export interface HandOut {
  headers: (calls?: CallsToSend) => Promise<AuthorizationHeaders>
  connectionParams: () => Promise<{ authorization: string } | null>
  eventSourceOptions: (call: { op: Operation }) => EventSourceOptions
  readonly answeredParams: AnsweredParams
}

interface Dependencies {
  readonly store: SignInStore
  readonly renewal: Renewal
  readonly owners: CallOwners
  readonly socketSignIns: SocketSignIns
}

/** Makes what hands out the access token of one session. */
export function createHandOut({ store, renewal, owners, socketSignIns }: Dependencies): HandOut {
  const listeners = new Set<() => void>()
  const needs = new Set<object>()
  const waiting = new Set<() => void>()
  let latest: AnsweredFor | undefined

  async function headers(calls?: CallsToSend): Promise<AuthorizationHeaders> {
    await store.loading
    return authorization(owners.tokenFor(calls, store.current)) ?? {}
  }

  /** Waits for a renewal if one is due. */
  async function untilFresh(): Promise<void> {
    await store.loading
    await withTimeout(Promise.resolve(renewal.beforeSending()), CONNECTION_TIMEOUT_MS).catch(() => {})
  }

  /** As `untilFresh`, but a renewal that waits for a connection itself is not waited for. */
  function untilFreshOrNeeded(): Promise<void> {
    return new Promise((goOn) => {
      waiting.add(goOn)
      if (needs.size > 0) goOn()
      void untilFresh().finally(() => {
        waiting.delete(goOn)
        goOn()
      })
    })
  }

  const answeredParams: AnsweredParams = {
    get latest() {
      return latest
    },
    onAnswer(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    needConnection() {
      const need = {}
      needs.add(need)
      for (const goOn of waiting) goOn()
      return () => needs.delete(need)
    },
  }

  return {
    headers,
    async connectionParams() {
      if (socketSignIns.arePending) await store.loading
      else await untilFreshOrNeeded()
      const speaker = socketSignIns.needNobodys ? null : store.current
      latest = { signIn: speaker?.name ?? null, token: speaker?.token }
      for (const listener of listeners) listener()
      return authorization(latest.token) ?? null
    },
    eventSourceOptions: (call) => ({
      async fetch(url, init) {
        await untilFresh()
        const sent = new Headers(init?.headers)
        const { authorization: header } = await headers(call)
        if (header !== undefined) sent.set('authorization', header)
        return fetch(url, { ...init, headers: sent })
      },
    }),
    answeredParams,
  }
}

function authorization(token: string | undefined): { authorization: string } | undefined {
  return token === undefined ? undefined : { authorization: `Bearer ${token}` }
}
