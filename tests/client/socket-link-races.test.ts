import { createSession } from 'trpc-jwt-trivial/client'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { WebSocket } from 'ws'

import { ANN, BOB, createClientApi, serveClientApi, sleep, type ClientRouter } from '../support/client-api.ts'
import { CHANGED, textOf } from '../support/client-errors.ts'
import { readWords } from '../support/follow.ts'
import { gate } from '../support/gate.ts'
import { passTime } from '../support/later.ts'
import { createLine, slowLine } from '../support/line.ts'
import { clientOverSocket, clientOverSocketAndHttp } from '../support/session-clients.ts'
import { wsClientOf } from '../support/socket.ts'

type Params = () => Promise<{ authorization: string } | null>

const socketClient = (address: string, connectionParams: Params, retryDelayMs = 20) =>
  wsClientOf(address, { connectionParams, retryDelayMs: () => retryDelayMs })

test("a call made while the answer to a sign-in over the socket is on its way is not run as that sign-in's user", async () => {
  const api = createClientApi()
  const served = await serveClientApi(api)
  const line = await slowLine(served.url)
  const session = createSession()
  const client = socketClient(line.address, session.connectionParams)
  const trpc = clientOverSocket(session, client)
  await trpc.token.create.mutate(ANN)
  expect(await trpc.whoami.mutate()).toBe('ann')
  line.answerMs = 300
  const anns = session.signInId
  const signIn = trpc.token.create.mutate(BOB)
  await sleep(100)
  expect(session.signInId).toBe(anns)
  const call = trpc.whoami.mutate().catch(textOf)
  await signIn
  expect(await call).toBe(CHANGED)
  await sleep(200)

  expect(api.ran).toEqual(['whoami as ann'])
})

test('a call that waits on the server when another user signs in over its socket is not run as that user', async () => {
  const api = createClientApi()
  const served = await serveClientApi(api)
  const session = createSession()
  const client = socketClient(served.address, session.connectionParams)
  const trpc = clientOverSocket(session, client)
  await trpc.token.create.mutate(ANN)
  expect(await trpc.whoami.mutate()).toBe('ann')
  const late = trpc.late.mutate()
  await sleep(50)
  await trpc.token.create.mutate(BOB)

  expect(await late).toBe('ann')
  expect(api.ran.filter((each) => each.endsWith('bob'))).toEqual([])
})

test('a subscription whose socket is lost does not go on over a retired socket of the former user', async () => {
  const api = createClientApi()
  const router = api.t.router({
    ...api.own._def.procedures,
    token: api.jwt.tokenRouter,
    hello: api.t.procedure.query(() => sleep(5_000).then(() => 'at last')), // anyone may wait
  }) as ClientRouter
  const { url, sockets } = await serveClientApi(api, { router })
  const line = await createLine(url)
  line.isDown = true
  const session = createSession()
  const client = socketClient(line.url.replace('http:', 'ws:'), session.connectionParams)
  const trpc = clientOverSocketAndHttp(session, { url, client })
  trpc.hello.query().catch(() => {}) // of nobody, queued while the server is down
  await trpc.token.create.mutate(ANN)
  line.isDown = false
  expect(await trpc.whoami.mutate()).toBe('ann')
  const old = client.connection?.ws
  sockets.broadcastReconnectNotification()
  await expect.poll(() => client.connection?.ws).not.toBe(old)
  await trpc.token.create.mutate(BOB)
  await expect.poll(() => client.connection?.ws === old || client.connection?.state === 'open').toBe(true)
  await sleep(300) // a new socket, for Bob
  const { words } = readWords(trpc, 'mail')
  await expect.poll(() => words.at(-1)).toBe('Mail for bob.')
  const lost = client.connection?.ws as WebSocket | undefined
  lost?.terminate() // that socket alone is lost
  await sleep(500)

  expect(new Set(words)).toEqual(new Set(['Mail for bob.']))
})

test('a WebSocket client that was closed is let go of', async () => {
  const api = createClientApi()
  const served = await serveClientApi(api)
  const session = createSession()
  for (let room = 0; room < 20; room += 1) {
    const client = socketClient(served.address, session.connectionParams)
    clientOverSocket(session, client)
    await client.close()
  }
  await sleep(100)
  const timers = vi.spyOn(globalThis, 'setTimeout')
  await session.connectionParams()
  const { length } = timers.mock.calls
  timers.mockRestore()

  expect(length).toBeLessThan(5)
})

test('a socket that was opened with a token that is over works again once the token was renewed over HTTP', async () => {
  const api = createClientApi()
  const served = await serveClientApi(api)
  const session = createSession()
  const client = socketClient(served.address, session.connectionParams)
  const trpc = clientOverSocketAndHttp(session, { url: served.url, client })
  await trpc.token.create.mutate(ANN)
  expect(await trpc.private.query()).toBe('Your token worked, ann.')
  api.renewal.answer = () => Promise.reject(new Error('down'))
  passTime(1_000)
  const lost = client.connection?.ws as WebSocket | undefined
  lost?.terminate()
  await expect.poll(() => client.connection?.state).toBe('open')
  await expect(trpc.private.query()).rejects.toThrow('down')
  api.renewal.answer = () => true
  passTime(20)

  expect(await trpc.private.query()).toBe('Your token worked, ann.')
})

test("an app's handler that throws keeps neither the former user's calls nor their connection", async () => {
  const api = createClientApi()
  const served = await serveClientApi(api)
  const session = createSession()
  const client = socketClient(served.address, session.connectionParams)
  const trpc = clientOverSocketAndHttp(session, { url: served.url, client })
  await trpc.token.create.mutate(ANN)
  const reported: unknown[] = []
  vi.stubGlobal('reportError', (error: unknown) => reported.push(error))
  onTestFinished(() => void vi.unstubAllGlobals())
  const mistake = new Error('of the app')
  const heard = gate()
  trpc.mail.subscribe(undefined, {
    onData: heard.open,
    onError() {
      throw mistake
    },
  })
  await heard.opened
  const running = trpc.slow.mutate().catch(textOf)
  await expect.poll(() => api.calls).toContain('slow')
  await session.signOut()

  expect(await running).toBe(CHANGED)
  expect(await trpc.whoami.mutate()).toBe('nobody')
  expect(reported).toEqual([mistake])
})

test("nobody's calls run as nobody after a sign-out, though a renewal was due while somebody signed in", async () => {
  const api = createClientApi()
  const served = await serveClientApi(api)
  const session = createSession()
  const trpc = clientOverSocket(session, socketClient(served.address, session.connectionParams))
  await trpc.token.create.mutate(ANN)
  const [asked, signIn] = [gate(), gate()]
  api.signIn.until = () => {
    asked.open()
    return signIn.opened
  }
  const failed = trpc.token.create.mutate({ ...BOB, password: 'a guess' }).catch(() => {})
  await asked.opened
  passTime(1_000)
  trpc.whoami.mutate().catch(() => {})
  await sleep(100)
  await session.signOut()
  const call = trpc.whoami.mutate()
  await sleep(100)
  signIn.open()
  await failed

  expect([await call, await trpc.whoami.mutate()]).toEqual(['nobody', 'nobody'])
})
