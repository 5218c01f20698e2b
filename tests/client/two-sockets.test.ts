import { createSession, type Session } from 'trpc-jwt-trivial/client'
import { expect, test } from 'vitest'
import type { WebSocket } from 'ws'

import { ANN, BOB, createClientApi, serveClientApi, sleep } from '../support/client-api.ts'
import { CHANGED, textOf } from '../support/client-errors.ts'
import { gate } from '../support/gate.ts'
import { clientOverHttp, clientOverSocket, clientOverSocketAndHttp } from '../support/session-clients.ts'
import { wsClientOf } from '../support/socket.ts'

type Params = () => Promise<{ authorization: string } | null>

const socketClient = (address: string, connectionParams: Params, retryDelayMs = 20) =>
  wsClientOf(address, { connectionParams, retryDelayMs: () => retryDelayMs })

/** Two sockets over a session. The parameters of one take longer by `pause.ms`. */
function twoSockets(address: string, { connectionParams }: Session) {
  const pause = { ms: 0 }
  const slow = socketClient(address, async () => {
    const params = await connectionParams()
    await sleep(pause.ms) // an app adds a locale, say
    return params
  })
  return { pause, slow, fast: socketClient(address, connectionParams) }
}

/** Ann, signed in over HTTP, with two sockets over her session. */
async function start() {
  const api = createClientApi()
  const served = await serveClientApi(api)
  const session = createSession()
  const { pause, slow, fast } = twoSockets(served.address, session)
  const http = clientOverHttp(session, served.url)
  await http.token.create.mutate(ANN)
  const overSlow = clientOverSocket(session, slow)
  const overFast = clientOverSocket(session, fast)
  expect([await overSlow.whoami.mutate(), await overFast.whoami.mutate()]).toEqual(['ann', 'ann'])
  return { api, pause, slow, http, overSlow, overFast, session, sockets: served.sockets }
}

test('of two sockets over one session, one whose parameters take longer never runs a call as the former user', async () => {
  const api = createClientApi()
  const served = await serveClientApi(api)
  const session = createSession()
  const { pause, slow, fast } = twoSockets(served.address, session)
  const over = (client: typeof slow) => clientOverSocketAndHttp(session, { url: served.url, client })
  const [first, second] = [over(slow), over(fast)]
  await sleep(50)
  pause.ms = 300
  await first.token.create.mutate(ANN)
  await sleep(150) // the slow socket's parameters were answered for Ann, and are not sent yet
  await first.token.create.mutate(BOB)
  expect(await second.whoami.mutate()).toBe('bob')

  expect(await first.whoami.mutate()).toBe('bob')
  expect(api.ran).toEqual(['whoami as bob', 'whoami as bob'])
})

test('of two sockets over one session, one that connects again later never runs a call as the former user', async () => {
  const api = createClientApi()
  const served = await serveClientApi(api)
  const session = createSession()
  const quick = socketClient(served.address, session.connectionParams)
  const late = socketClient(served.address, session.connectionParams, 200)
  const http = clientOverHttp(session, served.url)
  const [first, second] = [quick, late].map((client) => clientOverSocket(session, client))
  const bothOpen = () => [quick, late].every(({ connection }) => connection?.state === 'open')
  await expect.poll(bothOpen).toBe(true)
  await http.token.create.mutate(ANN)
  await expect.poll(bothOpen).toBe(true)
  await http.token.create.mutate(BOB)

  expect(await first?.whoami.mutate()).toBe('bob')
  expect(await second?.whoami.mutate()).toBe('bob')
  expect(api.ran).toEqual(['whoami as bob', 'whoami as bob'])
})

test('of two sockets over one session, none runs a call as nobody because a sign-in over the other one failed', async () => {
  const { api, pause, overSlow, overFast } = await start()
  pause.ms = 400
  const signIn = gate()
  api.signIn.until = () => signIn.opened
  const failed = overFast.token.create.mutate({ ...BOB, password: 'a guess' }).catch(textOf)
  await sleep(250) // the slow socket's parameters were answered for nobody, and are not sent yet
  signIn.open()
  expect(await failed).toBe('Not authorised')

  expect([await overSlow.whoami.mutate(), await overSlow.whoami.mutate()]).toEqual(['ann', 'ann'])
})

test('of two sockets over one session, none runs a call as a user who has left while a sign-in over the other one was pending', async () => {
  const { api, pause, slow, http, overSlow, overFast } = await start()
  pause.ms = 1_000
  const lost = slow.connection?.ws as WebSocket | undefined
  lost?.terminate()
  await sleep(100) // its next parameters were answered for Ann, and are not sent yet
  const signIn = gate()
  api.signIn.until = (name) => (name === 'eve' ? signIn.opened : Promise.resolve())
  const failed = overFast.token.create.mutate({ name: 'eve', password: 'a guess' }).catch(textOf)
  await sleep(200)
  await http.token.create.mutate(BOB)
  signIn.open()
  await failed

  expect([await overSlow.whoami.mutate(), await overFast.whoami.mutate()]).toEqual(['bob', 'bob'])
})

test('of two sockets over one session, one that is asked to reconnect runs no call as the former user', async () => {
  const { api, pause, http, overSlow, overFast, sockets } = await start()
  pause.ms = 600
  sockets.broadcastReconnectNotification()
  await sleep(200) // the next connection's parameters were answered for Ann, beside the present one
  await http.token.create.mutate(BOB)

  expect([await overFast.whoami.mutate(), await overSlow.whoami.mutate()]).toEqual(['bob', 'bob'])
  expect(api.ran.filter((each) => each.endsWith('ann'))).toHaveLength(2)
})

test('sign-ins over one socket keep their order, also through two links', async () => {
  const { api, slow, pause, session, overSlow } = await start()
  const overSame = clientOverSocket(session, slow)
  pause.ms = 30
  api.signIn.until = () => sleep(150)
  const earlier = overSlow.token.create.mutate(BOB).catch(textOf)
  await sleep(30)
  const later = overSame.token.create.mutate({ ...ANN, name: 'eve' }).catch(textOf)

  expect(await later).toMatchObject({ category: 'Bearer' })
  expect(await earlier).toBe(CHANGED)
  expect(await overSlow.whoami.mutate()).toBe('eve')
})
