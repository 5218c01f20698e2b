import { setImmediate } from 'node:timers/promises'
import { initTRPC } from '@trpc/server'
import { observable, type Observable } from '@trpc/server/observable'
import { createJwtTrivial, memorySessions } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { contextWith } from '../support/call.ts'
import { runningClock, standingClock } from '../support/clock.ts'
import { gate } from '../support/gate.ts'
import { PASSPHRASE } from '../support/mint.ts'
import { EXPIRED, serveSessionApi, sidOf } from '../support/session-api.ts'
import { holdAnswer, listenTo, serveSignIns, whoIs } from '../support/sign-ins.ts'
import { endOf } from '../support/streams.ts'

const ANN = { name: 'ann' }
const PATHS = ['generated', 'observed'] as const

test('a call whose store answers only after its token expired is refused as expired', async () => {
  const { store, signIn, visit, clock, outcomes } = await serveSessionApi()
  const { token } = await signIn()
  const { release, asked } = holdAnswer(store, 'isLive')
  const answer = visit(token)
  await asked()
  clock.now += 900
  release()

  expect(await answer).toBe(EXPIRED)
  expect(outcomes.at(-1)).toMatchObject({ type: 'rejected', reason: 'expired', path: 'private', sub: 'ann' })
})

describe.each(PATHS)('a stream, %s,', (path) => {
  describe.each(['bySocket', 'bySse'] as const)('that a cached yes admitted, %s,', (way) => {
    /** Opens a stream while the session is cached as live, and emits two events before the store is heard. */
    async function open({ isLive }: { isLive: boolean }) {
      const api = await serveSignIns({ cacheSeconds: 3_600 })
      const socket = api.openSocket()
      const { token } = await socket.token.create.mutate(ANN)
      await whoIs(socket)
      if (!isLive) await api.store.end(sidOf(token)) // as another server does
      expect(await whoIs(socket)).toBe('ann')
      const { release } = holdAnswer(api.store, 'isLive')
      const stream = listenTo(way === 'bySocket' ? socket : api.openSse(token), path)
      await expect.poll(api.listening).toBe(1)
      api.emit(1)
      api.emit(2)
      release()
      return { ...stream, reasons: api.reasons }
    }

    test('delivers nothing where its session has ended', async () => {
      const { numbers, errors, reasons } = await open({ isLive: false })

      await expect.poll(() => errors).toEqual(['UNAUTHORIZED: Invalid token (invalid)'])
      expect([numbers, reasons()]).toEqual([[], ['revoked']])
    })

    test('delivers what came before the answer of the store, where its session is live', async () => {
      const { numbers, errors } = await open({ isLive: true })

      await expect.poll(() => numbers).toEqual([1, 2])
      expect(errors).toEqual([])
    })
  })

  test('delivers no event that waited for the store until its token expired', async () => {
    const clock = runningClock()
    const api = await serveSignIns({ clock: clock.read })
    const client = api.openSocket()
    const { refreshToken } = await client.token.create.mutate(ANN)
    const { numbers, errors } = listenTo(client, path)
    await expect.poll(api.listening).toBe(1)
    api.emit(0)
    await expect.poll(() => numbers).toEqual([0])
    const { release, asked } = holdAnswer(api.store, 'isLive')
    await client.token.refresh.mutate({ refreshToken })
    await asked()
    api.emit(1)
    api.emit(2)
    clock.ahead = 901
    release()

    await expect.poll(() => errors).toEqual(['UNAUTHORIZED: Token expired (expired)'])
    expect([numbers, api.reasons()]).toEqual([[0], ['expired']])
  })
})

/** Streams in process that give three events when `open` is called, and how often their instance read its clock. */
async function createStreams({ cacheSeconds = 0 } = {}) {
  const clock = standingClock()
  const start = clock.now
  const reads = { count: 0 }
  const { opened, open } = gate()
  const jwt = createJwtTrivial({
    passphrase: PASSPHRASE,
    authorise: () => ({ sub: 'ann' }),
    clock() {
      reads.count += 1
      if (reads.count > 1_000) clock.now = start // ends what would go on for ever
      return clock.read()
    },
    sessions: { store: memorySessions({ clock: clock.read }), cacheSeconds, reauthorise: () => true },
  })
  const t = initTRPC.context<typeof jwt.createContext>().create()
  const router = t.router({
    generated: jwt.protectedProcedure.subscription(async function* () {
      await opened
      yield* [1, 2, 3]
    }),
    observed: jwt.protectedProcedure.subscription(() =>
      observable<number>((observer) => {
        void opened.then(() => [1, 2, 3].forEach((n) => observer.next(n)))
      }),
    ),
  })
  const caller = router.createCaller(contextWith(jwt, await jwt.createAccessToken({ sub: 'ann' })))
  return { caller, clock, reads, open }
}

test('an observable delivers no event after its token expired, though the event before was delivered in time', async () => {
  const { caller, clock, open } = await createStreams({ cacheSeconds: 3_600 })
  const stream = (await caller.observed()) as Observable<number, unknown>
  const numbers: number[] = []
  open()
  const error = await new Promise((resolve) => {
    stream.subscribe({
      next(n) {
        numbers.push(n)
        clock.now += 900
      },
      error: resolve,
    })
  })

  expect([numbers, error]).toMatchObject([[1], { message: 'Token expired' }])
})

test.each(PATHS)('a stream, %s, that ended before its events asks no more', async (path) => {
  const { caller, clock, reads, open } = await createStreams()
  const end = endOf(await caller[path]())
  clock.now += 900
  open()

  expect(await end).toMatchObject({ message: 'Token expired' })
  await setImmediate()
  expect(reads.count).toBeLessThan(100)
})
