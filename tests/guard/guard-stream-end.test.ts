import { EventEmitter } from 'node:events'

import { initTRPC } from '@trpc/server'
import { createJwtTrivial, memorySessions, type JwtTrivialOptions, type Outcome } from 'trpc-jwt-trivial'
import { observable } from '@trpc/server/observable'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { contextWith } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'
import { endOf } from '../support/streams.ts'

const START = 1_800_000_000
const EXPIRED = { code: 'UNAUTHORIZED', message: 'Token expired' }
const REVOKED = { code: 'UNAUTHORIZED', message: 'Invalid token', cause: { reason: 'revoked' } }

beforeEach(() => {
  vi.useFakeTimers({ now: START * 1_000 })
})
afterEach(() => {
  vi.useRealTimers()
})

const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1_000)
const token = (seconds: number, claims = {}) => mint({ iat: START, exp: START + seconds, ...claims })

async function* once() {
  yield 0
  await new Promise(() => {})
}

const endless = observable<number>((observer) => {
  const timer = setInterval(() => observer.next(0), 1_000)
  return () => clearInterval(timer)
})

async function* brief() {
  yield 0
  return 'that was all'
}

/** Streams on the clock of the timers, and what was told of them. */
function setUp(
  options: Pick<JwtTrivialOptions, 'clock' | 'clockTolerance' | 'expiresIn'> & { cacheSeconds?: number } = {},
) {
  const { cacheSeconds, ...rest } = options
  const outcomes: Outcome[] = []
  const store = memorySessions()
  const isLive = vi.spyOn(store, 'isLive')
  const jwt = createJwtTrivial({
    passphrase: PASSPHRASE,
    authorise: () => true,
    retfunc: (outcome) => void outcomes.push(outcome),
    ...(cacheSeconds !== undefined && { sessions: { store, cacheSeconds, reauthorise: () => true } }),
    ...rest,
  })
  const t = initTRPC.context<typeof jwt.createContext>().create()
  const appRouter = t.router({
    idle: jwt.protectedProcedure.subscription(once),
    observed: jwt.protectedProcedure.subscription(() => endless),
    recent: jwt.protect({ maxAge: 10 }).subscription(once),
    brief: jwt.protectedProcedure.subscription(brief as unknown as typeof once),
    again: jwt.protectedProcedure.query(() => 'in'),
  })
  return { jwt, store, isLive, outcomes, caller: t.createCallerFactory(appRouter) }
}

/** Opens a stream, reads its first event, and goes on reading. */
async function watch(opening: Promise<unknown>) {
  const stream = (await opening) as AsyncGenerator<unknown, unknown, void>
  expect(await stream.next()).toEqual({ done: false, value: 0 })
  await pass(0)
  const ended = vi.fn<(end: unknown) => void>()
  void endOf(stream).then(ended)
  return { stream, ended, ends: () => ended.mock.calls.flat() }
}

/** The context of a WebSocket connection that came with a token. */
const socketContext = ({ jwt }: ReturnType<typeof setUp>, bearer: string) =>
  jwt.createContext({
    req: { headers: {} },
    res: Object.assign(new EventEmitter(), { readyState: 1, send: () => {} }),
    info: { url: null, connectionParams: { authorization: `Bearer ${bearer}` } },
  })

describe('a stream ends with its token', () => {
  test.each([
    [0, 100],
    [30, 130],
  ])('at its end and a clock tolerance of %i seconds, not before', async (clockTolerance, end) => {
    const { jwt, caller, outcomes } = setUp({ clockTolerance })
    const { ends } = await watch(caller(contextWith(jwt, token(100, { jti: 'j' }))).idle())
    await pass(end - 0.001)
    expect(ends()).toEqual([])
    await pass(0.002)
    expect(ends()).toMatchObject([EXPIRED])
    expect(outcomes.at(-1)).toEqual({ type: 'rejected', path: 'idle', reason: 'expired', sub: 'ann', jti: 'j' })
    expect(vi.getTimerCount()).toBe(0)
  })

  test('also where nobody was reading as it ended', async () => {
    const { jwt, caller } = setUp()
    const stream = (await caller(contextWith(jwt, token(100))).idle()) as AsyncGenerator
    await stream.next()
    await pass(101)
    await expect(stream.next()).rejects.toMatchObject(EXPIRED)
  })

  test('and not by the maxAge of its procedure, which was asked of its beginning', async () => {
    const { jwt, caller } = setUp()
    const { ends } = await watch(caller(contextWith(jwt, token(100, { auth_time: START }))).recent())
    await pass(99)
    expect(ends()).toEqual([])
    await pass(2)
    expect(ends()).toMatchObject([EXPIRED])
  })

  test('but for one that never ends: it looks again at the longest timer', async () => {
    const { jwt, caller } = setUp({ expiresIn: 'never' })
    const { ends } = await watch(caller(contextWith(jwt, mint({ iat: START, exp: undefined }))).idle())
    await pass(3_000_000)
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1))
    expect(ends()).toEqual([])
  })

  test('as an observable, which is unsubscribed from', async () => {
    const { jwt, caller } = setUp()
    const errors: unknown[] = []
    const open = async () => (await caller(contextWith(jwt, token(100))).observed()) as typeof endless
    const stays = await open()
    stays.subscribe({ error: (error) => errors.push(error) })
    const left = (await open()).subscribe({})
    await pass(0)
    expect(vi.getTimerCount()).toBe(4)
    left.unsubscribe()
    expect(vi.getTimerCount()).toBe(2)
    await pass(101)
    expect([errors, vi.getTimerCount()]).toMatchObject([[EXPIRED], 0])
  })

  test('and without sessions does not look before', async () => {
    const clock = vi.fn<() => Date>(() => new Date())
    const { jwt, caller } = setUp({ clock })
    await watch(caller(contextWith(jwt, token(100))).idle())
    const looks = clock.mock.calls.length
    await pass(99)
    expect(clock).toHaveBeenCalledTimes(looks)
  })

  test('gives what its source gives at its own end, and leaves no timer', async () => {
    const { jwt, caller } = setUp()
    const stream = (await caller(contextWith(jwt, token(100))).brief()) as AsyncGenerator
    await stream.next()
    expect(await stream.next()).toEqual({ done: true, value: 'that was all' })
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a stream asks for its session', () => {
  test.each([
    [0, 30],
    [1, 1],
    [5, 5],
    [3_600, 30],
  ])('with cacheSeconds %i every %i seconds', async (cacheSeconds, every) => {
    const made = setUp({ cacheSeconds, expiresIn: 3_600 })
    const { ends } = await watch(
      made.caller(contextWith(made.jwt, await made.jwt.createAccessToken({ sub: 'ann' }))).idle(),
    )
    // the call that opens it may have been admitted by a cached answer
    const askedAtStart = cacheSeconds === 0 ? 1 : 2
    expect(made.isLive).toHaveBeenCalledTimes(askedAtStart)
    await pass(every)
    expect(made.isLive).toHaveBeenCalledTimes(askedAtStart)
    await pass(0.001)
    expect(made.isLive).toHaveBeenCalledTimes(askedAtStart + 1)
    await made.store.endAll('ann')
    await pass(every + 0.002)
    expect(ends()).toMatchObject([REVOKED])
  })

  test('as one of nobody’s calls: it is answered afresh however long a yes is believed', async () => {
    const made = setUp({ cacheSeconds: 3_600, expiresIn: 3_600 })
    const ctx = contextWith(made.jwt, await made.jwt.createAccessToken({ sub: 'ann' }))
    const { ends } = await watch(made.caller(ctx).idle())
    await made.store.endAll('ann')
    await pass(31)
    expect(ends()).toMatchObject([REVOKED])
  })

  test.each([true, false])('in vain once it was left: an answer of %s is not heard', async (live) => {
    const made = setUp({ cacheSeconds: 5, expiresIn: 3_600 })
    const ctx = contextWith(made.jwt, await made.jwt.createAccessToken({ sub: 'ann' }))
    const stream = (await made.caller(ctx).idle()) as AsyncGenerator
    await stream.next()
    await pass(0)
    let answer!: (live: boolean) => void
    made.isLive.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)))
    await pass(5.001)
    await stream.return(undefined)
    answer(live)
    await pass(1)
    expect(vi.getTimerCount()).toBe(0)
    expect(made.outcomes.filter(({ type }) => type === 'rejected')).toEqual([])
  })
})

describe('a stream whose connection came to carry', () => {
  test('a later token of the same user goes on until that ends', async () => {
    const made = setUp()
    const ctx = socketContext(made, token(100))
    const { ends } = await watch(made.caller(ctx).idle())
    const later = token(200)
    await made.jwt.verify(later)
    ctx.bearer.connection?.replaceBearer(later)
    await vi.waitFor(() => made.caller(ctx).again())
    await pass(199)
    expect([ends(), vi.getTimerCount()]).toEqual([[], 1])
    await pass(2)
    expect(ends()).toMatchObject([EXPIRED])
  })

  test.each([
    ['another user’s token', token(200, { sub: 'bob' })],
    ['another user’s token of the same session', token(200, { sub: 'bob', sid: 'one' })],
    ['a token of another session', token(200, { sid: 'another' })],
    ['no token', undefined],
  ])('%s ends at once, and is told as whose it was', async (_what, next) => {
    const made = setUp()
    const ctx = socketContext(made, token(100, { sid: 'one' }))
    const { ends } = await watch(made.caller(ctx).idle())
    ctx.bearer.connection?.replaceBearer(next)
    await vi.waitFor(() => expect(ends()).toMatchObject([REVOKED]))
    expect(made.outcomes.at(-1)).toEqual({ type: 'rejected', path: 'idle', reason: 'revoked', sub: 'ann', sid: 'one' })
  })

  test('another token after it was left is not asked about', async () => {
    const made = setUp({ cacheSeconds: 5, expiresIn: 3_600 })
    const first = await made.jwt.createAccessToken({ sub: 'ann' })
    const ctx = socketContext(made, first)
    const stream = (await made.caller(ctx).idle()) as AsyncGenerator
    await stream.next()
    await stream.return(undefined)
    const asked = made.isLive.mock.calls.length
    ctx.bearer.connection?.replaceBearer(first)
    await pass(10)
    expect(made.isLive).toHaveBeenCalledTimes(asked)
  })
})
