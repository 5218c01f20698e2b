import { wsLink, type TRPCLink } from '@trpc/client'
import { observable } from '@trpc/server/observable'
import { memorySessions } from 'trpc-jwt-trivial'
import { createSession } from 'trpc-jwt-trivial/client'
import { expect, test, vi } from 'vitest'
import type { WebSocket } from 'ws'

import {
  ANN,
  BOB,
  STORAGE_KEY,
  createClient,
  createClientApi,
  memoryStorage,
  serveClientApi,
  sleep,
  type ClientApiOptions,
  type ClientRouter,
} from '../support/client-api.ts'
import { gate } from '../support/gate.ts'
import { passTime, setClockAhead } from '../support/later.ts'
import { createLine } from '../support/line.ts'
import { clientOverSocketAndHttp } from '../support/session-clients.ts'
import { wsClientOf } from '../support/socket.ts'

const ANSWER = 'Your token worked, ann.'
const isOverHttp = (path: string): boolean => !path.startsWith('token.')

interface StartOptions extends ClientApiOptions {
  lazy?: boolean
  /** Called when a renewal was passed on to tRPC's client, with their number, and what loses the connection. */
  onRenewal?: (number: number, lose: () => void) => void
}

/** Ann, signed in over a WebSocket, which also renews her tokens. Her other calls go over HTTP. */
async function start({ lazy = false, onRenewal, ...options }: StartOptions = {}) {
  const api = createClientApi(options)
  const { url } = await serveClientApi(api)
  const line = await createLine(url)
  const storage = memoryStorage()
  const session = createSession({ storage })
  const client = wsClientOf(line.url.replace('http:', 'ws:'), {
    connectionParams: session.connectionParams,
    retryDelayMs: () => 20,
    lazy: { enabled: lazy, closeMs: 60_000 },
  })
  const lose = (): void => (client.connection?.ws as WebSocket | undefined)?.terminate()
  let renewals = 0
  const sending: TRPCLink<ClientRouter> = (runtime) => {
    const link = wsLink<ClientRouter>({ client })(runtime)
    return (call) =>
      observable((observer) => {
        const passed = link(call).subscribe(observer)
        if (call.op.path === 'token.refresh') onRenewal?.((renewals += 1), lose)
        return passed
      })
  }
  const trpc = clientOverSocketAndHttp(session, { url, client, isOverHttp, sending })
  await trpc.token.create.mutate(ANN)
  return { api, url, line, storage, session, client, trpc }
}

test('a renewal is answered before a sign-in over the same socket takes the connection', async () => {
  const { api, trpc } = await start()
  const [asked, renewal] = [gate(), gate()]
  api.renewal.answer = () => {
    asked.open()
    return renewal.opened.then(() => true)
  }
  passTime(1_000)
  const call = trpc.private.query()
  await asked.opened
  const signIn = trpc.token.create.mutate(BOB)
  await sleep(200)
  renewal.open()

  expect(await call).toBe(ANSWER)
  await signIn
  expect(await trpc.whoami.mutate()).toBe('bob')
})

test('a renewal is not cut off by a sign-in over the same socket that fails', async () => {
  const { api, trpc } = await start()
  const [signIn, renewal] = [gate(), gate()]
  api.signIn.until = () => signIn.opened
  api.renewal.answer = () => renewal.opened.then(() => true)
  passTime(1_000)
  const failed = trpc.token.create.mutate({ ...BOB, password: 'a guess' })
  await sleep(100)
  const call = trpc.private.query()
  await sleep(100)
  signIn.open()
  await expect(failed).rejects.toThrow('Not authorised')
  await sleep(100)
  renewal.open()

  expect(await call).toBe(ANSWER)
})

test('a slow renewal keeps its connection for longer than other calls do', async () => {
  const { api, trpc } = await start()
  const asked = gate()
  let renewals = 0
  api.renewal.answer = async () => {
    asked.open()
    renewals += 1
    await sleep(1_300)
    return true
  }
  passTime(1_000)
  const call = trpc.private.query()
  await asked.opened
  const failed = trpc.token.create.mutate({ ...BOB, password: 'a guess' })

  expect(await call).toBe(ANSWER)
  await expect(failed).rejects.toThrow('Not authorised')
  expect(renewals).toBe(1)
})

test('a renewal whose connection is lost at once is not waited for by the next connection', async () => {
  const { trpc } = await start({ onRenewal: (number, lose) => number === 1 && lose() })
  passTime(1_000)

  // the next connection would wait until the renewal is repeated
  expect(await Promise.race([trpc.private.query(), sleep(2_000)])).toBe(ANSWER)
})

test('a repeated renewal whose connection is lost at once is not sent once the grace may be over', async () => {
  const { store, rotations } = observedStore(() => started.line.cut())
  const server = movableClock()
  const repeated = gate()
  const started: Awaited<ReturnType<typeof start>> = await start({
    grace: 5,
    store,
    clock: server.clock,
    onRenewal(number, lose) {
      if (number !== 2) return
      started.line.isDown = true
      lose()
      repeated.open()
    },
  })
  const { line, session, trpc } = started
  setClockAhead(860)
  expect(await trpc.private.query()).toBe(ANSWER)
  await repeated.opened
  await sleep(1_500)
  server.aheadMs = 10_000
  line.isDown = false
  await sleep(300)

  expect(await trpc.private.query()).toBe(ANSWER)
  expect([rotations, session.signedIn]).toEqual([['rotated'], true])
})

test.each([false, true])(
  'a repeated renewal that waits for a connection is not sent once the grace may be over, lazy %s',
  async (lazy) => {
    const line = { cut: () => {} }
    const { store, rotations } = observedStore(() => line.cut())
    const server = movableClock()
    const started = await start({ grace: 4, store, clock: server.clock, lazy })
    const { session, trpc } = started
    line.cut = () => {
      started.line.isDown = true
      started.line.cut()
    }
    setClockAhead(860) // the token is to be renewed, and still good
    expect(await trpc.private.query()).toBe(ANSWER)
    await expect.poll(() => rotations).toEqual(['rotated'])
    await sleep(2_000)
    server.aheadMs = 5_000
    started.line.isDown = false
    await sleep(300)

    expect(await trpc.private.query()).toBe(ANSWER)
    expect([rotations, session.signedIn]).toEqual([['rotated'], true])
  },
)

test('a renewal that was sent and is not answered keeps no timer of its socket running', async () => {
  const { api, trpc } = await start()
  const renewal = gate()
  api.renewal.answer = () => renewal.opened.then(() => true)
  setClockAhead(860)
  expect(await trpc.private.query()).toBe(ANSWER) // after a second
  const timers = vi.spyOn(globalThis, 'setTimeout')
  await sleep(400)
  const looks = timers.mock.calls.filter(([, ms]) => ms === 50)
  timers.mockRestore()
  renewal.open()

  expect(looks).toEqual([])
})

test('a renewal that waits for a connection gives way to the newer tokens of another tab', async () => {
  const { url, line, storage, client, trpc } = await start()
  line.isDown = true
  line.cut()
  await expect.poll(() => client.connection?.state).not.toBe('open')
  passTime(1_000)
  const call = trpc.private.query()
  await sleep(100)
  const other = memoryStorage()
  await createClient(url, { storage: other }).client.token.create.mutate(ANN)
  const [entry, { since: _since, name: _name, ...newer }] = [storage, other].map(({ entries }) =>
    JSON.parse(entries.get(STORAGE_KEY)!),
  )
  storage.entries.set(STORAGE_KEY, JSON.stringify({ ...entry, ...newer, renewals: 1 }))
  expect(await trpc.hello.query()).toBe('Anyone may call this.') // reads the storage, as at a storage event

  expect(await call).toBe(ANSWER)
})

/** A clock for the server, which the client does not share. */
function movableClock() {
  const own = { aheadMs: 0, clock: () => new Date(performance.timeOrigin + performance.now() + own.aheadMs) }
  return own
}

/** Sessions in memory. `onRotation` is called before the answer to a renewal is sent. */
function observedStore(onRotation: () => void) {
  const memory = memorySessions()
  const rotations: string[] = []
  const store: typeof memory = {
    ...memory,
    async rotate(...args) {
      const result = await memory.rotate(...args)
      rotations.push(typeof result === 'string' ? result : 'rotated')
      onRotation()
      return result
    },
  }
  return { store, rotations }
}
