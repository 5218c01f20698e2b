import { createSession, type Session } from 'trpc-jwt-trivial/client'
import { expect, onTestFinished, test, vi } from 'vitest'

import { ANN, BOB, createClientApi, memoryStorage, serveClientApi, sleep } from '../support/client-api.ts'
import { CHANGED, textOf } from '../support/client-errors.ts'
import { readWords } from '../support/follow.ts'
import { gate } from '../support/gate.ts'
import { passTime } from '../support/later.ts'
import { createLine, slowLine } from '../support/line.ts'
import { clientOverHttp, clientOverSocket } from '../support/session-clients.ts'
import { wsClientOf } from '../support/socket.ts'

const socketClient = (address: string, { connectionParams }: Session, lazy = false) =>
  wsClientOf(address, { connectionParams, retryDelayMs: () => 20, lazy: { enabled: lazy, closeMs: 1_000 } })

test('a sign-in that is under way over a socket is not cut off by an earlier one that is answered in another tab', async () => {
  const api = createClientApi()
  const served = await serveClientApi(api)
  const line = await slowLine(served.url)
  const storage = memoryStorage()
  const [one, two] = [createSession({ storage }), createSession({ storage })]
  const client = socketClient(line.address, two)
  const first = clientOverHttp(one, served.url)
  const second = clientOverSocket(two, client)
  await second.hello.query()
  line.answerMs = 300
  const earlier = first.token.create.mutate(ANN)
  await sleep(5) // in another millisecond
  const later = second.token.create.mutate(BOB)
  await earlier
  await second.hello.query().catch(() => {}) // reads the storage, as at a storage event

  await later
  expect([two.claims?.sub, JSON.parse(storage.entries.get('trpc-jwt-trivial') ?? '').token]).toEqual([
    'bob',
    (await two.headers()).authorization?.slice(7),
  ])
})

test('of two sign-ins over one socket, the late answer to the earlier one does not cut off the later one', async () => {
  const api = createClientApi()
  api.signIn.until = (name) => sleep(name === 'bob' ? 400 : 0)
  const served = await serveClientApi(api)
  const line = await slowLine(served.url)
  const session = createSession()
  const client = socketClient(line.address, session)
  const trpc = clientOverSocket(session, client)
  await trpc.hello.query()
  line.answerMs = 300
  const earlier = trpc.token.create.mutate(ANN).catch(textOf)
  await sleep(150) // the server has answered it
  const later = trpc.token.create.mutate(BOB).catch(textOf)
  expect(await earlier).toBe(CHANGED)
  expect(await later).toMatchObject({ category: 'Bearer' })
  line.answerMs = 0

  expect(await trpc.whoami.mutate()).toBe('bob')
  expect(api.ran).toEqual(['whoami as bob'])
})

test('a sign-in over the socket that fails leaves the current user with their subscription and calls', async () => {
  const api = createClientApi()
  const served = await serveClientApi(api)
  const session = createSession()
  const client = socketClient(served.address, session)
  const trpc = clientOverSocket(session, client)
  await trpc.token.create.mutate(ANN)
  const { words, errors } = readWords(trpc, 'mail')
  await expect.poll(() => words.length).toBeGreaterThan(2)
  await expect(trpc.token.create.mutate({ ...BOB, password: 'a guess' })).rejects.toThrow('Not authorised')
  const { length } = words

  await expect.poll(() => words.length).toBeGreaterThan(length + 2)
  expect(await trpc.whoami.mutate()).toBe('ann')
  expect([errors, new Set(words)]).toEqual([[], new Set(['Mail for ann.'])])
})

test('sign-ins over one socket reach the server in the order in which they were asked for', async () => {
  const api = createClientApi()
  const served = await serveClientApi(api)
  const answer = gate()
  api.late.until = () => answer.opened
  const session = createSession()
  const line = await slowLine(served.url)
  const trpc = clientOverSocket(session, socketClient(line.address, session))
  await trpc.token.create.mutate({ ...ANN, name: 'eve' })
  expect(await trpc.whoami.mutate()).toBe('eve')
  line.answerMs = 20
  const late = trpc.late.mutate()
  await sleep(30)
  const earlier = trpc.token.create.mutate(ANN).catch(textOf)
  await sleep(25)
  const later = trpc.token.create.mutate(BOB).catch(textOf)
  await sleep(10) // the later one looks at the connection again before the earlier one does
  answer.open()

  expect(await late).toBe('eve')
  expect(await earlier).toBe(CHANGED)
  expect(await later).toMatchObject({ category: 'Bearer' })
  expect(await trpc.whoami.mutate()).toBe('bob')
})

test('a call that waits for the first connection is answered to its user, though another one signs in over it', async () => {
  const api = createClientApi()
  const served = await serveClientApi(api)
  const session = createSession()
  await clientOverHttp(session, served.url).token.create.mutate(ANN)
  const trpc = clientOverSocket(session, socketClient(served.address, session, true))
  const call = trpc.whoami.mutate()
  const signIn = trpc.token.create.mutate(BOB)

  expect(await call).toBe('ann')
  await signIn
  expect(await trpc.whoami.mutate()).toBe('bob')
})

test('a sign-in over one socket leaves the current user with their calls and streams on another socket', async () => {
  const api = createClientApi()
  const served = await serveClientApi(api)
  const session = createSession()
  const first = clientOverSocket(session, socketClient(served.address, session))
  const second = clientOverSocket(session, socketClient(served.address, session))
  await first.token.create.mutate(ANN)
  const { words, errors } = readWords(second, 'mail')
  await expect.poll(() => words.length).toBeGreaterThan(2)
  const late = second.late.mutate()
  await sleep(30)
  await expect(first.token.create.mutate({ ...BOB, password: 'a guess' })).rejects.toThrow('Not authorised')

  expect(await late).toBe('ann')
  const { length } = words
  await expect.poll(() => words.length).toBeGreaterThan(length + 2)
  expect([errors, new Set(words)]).toEqual([[], new Set(['Mail for ann.'])])
})

test('a sign-in over a socket that is cancelled leaves no connection to the user who did not come in', async () => {
  const api = createClientApi()
  const served = await serveClientApi(api)
  const signIn = gate()
  api.signIn.until = () => signIn.opened
  const session = createSession()
  const trpc = clientOverSocket(session, socketClient(served.address, session))
  expect(await trpc.whoami.mutate()).toBe('nobody')
  const abort = new AbortController()
  const cancelled = trpc.token.create.mutate(ANN, { signal: abort.signal })
  await sleep(50)
  abort.abort()
  await cancelled.catch(() => {})
  signIn.open()
  await sleep(50)

  expect(await trpc.whoami.mutate()).toBe('nobody')
})

test("cancelling a sign-in that waits for the current user's calls ends none of them", async () => {
  const api = createClientApi()
  const served = await serveClientApi(api)
  const session = createSession()
  const trpc = clientOverSocket(session, socketClient(served.address, session))
  await trpc.token.create.mutate(ANN)
  expect(await trpc.whoami.mutate()).toBe('ann')
  const late = trpc.late.mutate()
  const abort = new AbortController()
  const cancelled = trpc.token.create.mutate(BOB, { signal: abort.signal })
  await sleep(100)
  abort.abort()

  await expect(cancelled).rejects.toThrow('This operation was aborted')
  expect(await late).toBe('ann')
})

test('a renewal that needs a connection is not waited for by that connection', async () => {
  const api = createClientApi()
  const served = await serveClientApi(api)
  const storage = memoryStorage()
  await clientOverHttp(createSession({ storage }), served.url).token.create.mutate(ANN)
  passTime(1_000)
  const session = createSession({ storage })
  const trpc = clientOverSocket(session, socketClient(served.address, session))
  const call = trpc.private.query()

  // a connection would wait for 5 s
  expect(await Promise.race([call, sleep(3_000)])).toBe('Your token worked, ann.')
})

test('a sign-in over a socket that is not answered for 10 s ends, where somebody else is signed in', async () => {
  vi.useFakeTimers({ toFake: ['setInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const api = createClientApi()
  const served = await serveClientApi(api)
  const answer = gate()
  api.signIn.until = (name) => (name === 'bob' ? answer.opened : Promise.resolve())
  const session = createSession()
  const trpc = clientOverSocket(session, socketClient(served.address, session))
  const slow = trpc.token.create.mutate(BOB)
  await sleep(50)
  vi.advanceTimersByTime(10_000)
  answer.open()
  expect(await slow).toMatchObject({ category: 'Bearer' })

  api.signIn.until = (name) => (name === 'ann' ? new Promise(() => {}) : Promise.resolve())
  const unanswered = trpc.token.create.mutate(ANN).catch(textOf)
  const call = trpc.whoami.mutate()
  await sleep(200)
  vi.advanceTimersByTime(10_000)
  expect(await unanswered).toBe('The sign-in was not answered in time')
  expect(await call).toBe('bob')
})

test('a sign-in over a socket does not wait for a renewal of the current user', async () => {
  const api = createClientApi()
  const served = await serveClientApi(api)
  const session = createSession()
  const trpc = clientOverSocket(session, socketClient(served.address, session))
  await clientOverHttp(session, served.url).token.create.mutate(ANN)
  expect(await trpc.whoami.mutate()).toBe('ann')
  api.renewal.answer = () => new Promise(() => {})
  passTime(1_000)
  const signIn = trpc.token.create.mutate(BOB)

  // a new connection would wait for 5 s
  expect(await Promise.race([signIn, sleep(3_000)])).toMatchObject({ category: 'Bearer' })
})

test('a sign-in that was cancelled while the server was down is not sent later', async () => {
  const api = createClientApi()
  const served = await serveClientApi(api)
  const line = await createLine(served.url)
  line.isDown = true
  const asked: string[] = []
  api.signIn.until = (name) => Promise.resolve(asked.push(name))
  const session = createSession()
  const trpc = clientOverSocket(session, socketClient(line.url.replace('http:', 'ws:'), session))
  const abort = new AbortController()
  const cancelled = trpc.token.create.mutate(ANN, { signal: abort.signal }).catch(textOf)
  await sleep(200)
  abort.abort()
  expect(await cancelled).toBe('This operation was aborted')
  await sleep(200)
  line.isDown = false

  expect(await trpc.whoami.mutate()).toBe('nobody')
  expect(asked).toEqual([])
})
