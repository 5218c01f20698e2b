import { createSession } from 'trpc-jwt-trivial/client'
import { expect, test } from 'vitest'

import { ANN, BOB, createClientApi, memoryStorage, serveClientApi, sleep } from '../support/client-api.ts'
import { CHANGED, textOf } from '../support/client-errors.ts'
import { readWords } from '../support/follow.ts'
import { createLine } from '../support/line.ts'
import {
  clientOverHttp,
  clientOverSocket,
  clientOverSocketAndHttp,
  type OverSocket,
} from '../support/session-clients.ts'
import { wsClientOf } from '../support/socket.ts'

interface SocketOptions extends Pick<OverSocket, 'isOverHttp'> {
  storage?: ReturnType<typeof memoryStorage>
  lazy?: boolean
}

function connect(
  { url, address }: { url: string; address: string },
  { storage, lazy = true, ...options }: SocketOptions = {},
) {
  const session = createSession(storage ? { storage } : {})
  const client = wsClientOf(address, {
    connectionParams: session.connectionParams,
    retryDelayMs: () => 20,
    ...(lazy && { lazy: { enabled: true, closeMs: 0 } }),
  })
  return { session, trpc: clientOverSocketAndHttp(session, { url, client, ...options }) }
}

async function start(options?: SocketOptions) {
  const api = createClientApi()
  const served = await serveClientApi(api)
  return { api, served, ...connect(served, options) }
}

test.each([true, false])(
  'after a change of user, a subscription opened before any sign-in goes on, and the next user gets no mail of the former one, lazy %s',
  async (lazy) => {
    const { session, trpc } = await start({ lazy })
    const open = readWords(trpc, 'mail')
    await trpc.token.create.mutate(ANN)
    const anns = readWords(trpc, 'mail')
    await expect.poll(() => anns.words.at(-1)).toBe('Mail for ann.')
    await session.signOut()
    expect(anns.errors).toEqual([CHANGED])
    await trpc.token.create.mutate(BOB)
    const bobs = readWords(trpc, 'mail')
    await expect.poll(() => bobs.words.length).toBeGreaterThan(3)

    expect(new Set(bobs.words)).toEqual(new Set(['Mail for bob.']))
    expect(new Set(anns.words)).toEqual(new Set(['Mail for ann.']))
    expect([open.errors, bobs.errors]).toEqual([[], []])
    const { length } = open.words
    await expect.poll(() => open.words.length).toBeGreaterThan(length)
    expect(await trpc.private.query()).toBe('Your token worked, bob.')
  },
)

test('a mutation that runs on the socket ends with its sign-in, and the next one runs as the next user', async () => {
  const { api, trpc } = await start()
  await trpc.token.create.mutate(ANN)
  const running = trpc.slow.mutate().catch(textOf)
  await expect.poll(() => api.calls).toContain('slow')
  await trpc.token.create.mutate(BOB)

  expect(await running).toBe(CHANGED)
  expect(await trpc.whoami.mutate()).toBe('bob')
})

test('a mutation that was queued for a server that is down is never sent as the next user', async () => {
  const api = createClientApi()
  const served = await serveClientApi(api)
  const line = await createLine(served.url)
  const { trpc } = connect({ url: served.url, address: line.url.replace('http:', 'ws:') })
  await trpc.token.create.mutate(ANN)
  expect(await trpc.whoami.mutate()).toBe('ann')
  line.isDown = true
  line.cut()
  await sleep(50)
  const queued = [trpc.whoami.mutate(), trpc.late.mutate()].map((call) => call.catch(textOf))
  await sleep(100)
  await trpc.token.create.mutate(BOB)
  line.isDown = false

  expect(await Promise.all(queued)).toEqual([CHANGED, CHANGED])
  expect(await trpc.whoami.mutate()).toBe('bob')
  expect(api.ran).toEqual(['whoami as ann', 'whoami as bob'])
})

test(
  'forty calls over five changes of user are each answered as their own user, or end',
  { timeout: 20_000 },
  async () => {
    const { api, session, trpc } = await start()
    const answers: Promise<string | undefined>[] = []
    const expected: string[] = []
    for (let change = 0; change < 5; change += 1) {
      const user = change % 2 === 0 ? ANN : BOB
      await trpc.token.create.mutate(user)
      for (let call = 0; call < 8; call += 1) {
        expected.push(user.name)
        answers.push(trpc.whoami.mutate().catch(textOf))
        if (call % 3 === 0) await sleep(10)
      }
    }
    const settled = await Promise.all(answers)

    expect(settled.filter((answer, i) => answer !== expected[i] && answer !== CHANGED)).toEqual([])
    expect(settled.slice(-8)).toEqual(Array(8).fill('ann'))
    expect([session.claims?.sub, api.ran.includes('whoami as nobody')]).toEqual(['ann', false])
  },
)

test('a sign-in over the socket makes it the socket of that user, and `token.revoke` over it signs out', async () => {
  const { api, session, trpc } = await start({ isOverHttp: () => false })
  await trpc.token.create.mutate(ANN)
  expect(await trpc.whoami.mutate()).toBe('ann')
  await trpc.token.create.mutate(BOB)
  expect(await trpc.whoami.mutate()).toBe('bob')
  await trpc.token.revoke.mutate()

  expect([session.signedIn, await trpc.whoami.mutate()]).toEqual([false, 'nobody'])
  expect(api.store.size).toBe(1)
})

test('a sign-in in another tab moves this tab to a new connection', async () => {
  const storage = memoryStorage()
  const { served, trpc } = await start({ storage })
  await trpc.token.create.mutate(ANN)
  expect(await trpc.whoami.mutate()).toBe('ann')
  await connect(served, { storage }).trpc.token.create.mutate(BOB)

  expect(await trpc.whoami.mutate().catch(textOf)).toBe(CHANGED)
  expect(await trpc.whoami.mutate()).toBe('bob')
})

test("a sign-out of nobody's that was queued for a server that is down does not end the session of who signs in next", async () => {
  const api = createClientApi()
  const { url } = await serveClientApi(api)
  const line = await createLine(url)
  line.isDown = true
  const session = createSession()
  const client = wsClientOf(line.url.replace('http:', 'ws:'), {
    connectionParams: session.connectionParams,
    retryDelayMs: () => 20,
  })
  const trpc = clientOverSocket(session, client)
  const signOut = trpc.token.revoke.mutate().catch(textOf)
  await sleep(50)
  await clientOverHttp(session, url).token.create.mutate(ANN)
  expect(await signOut).toBe(CHANGED)
  line.isDown = false

  expect(await trpc.whoami.mutate()).toBe('ann')
  expect(await trpc.private.query()).toBe('Your token worked, ann.')
})
