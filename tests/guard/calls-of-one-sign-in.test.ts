import { createTRPCClient, wsLink } from '@trpc/client'
import { initTRPC, type AnyTRPCRouter } from '@trpc/server'
import { createJwtTrivial, memorySessions, type Outcome } from 'trpc-jwt-trivial'
import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { runningClock } from '../support/clock.ts'
import { gate } from '../support/gate.ts'
import { PASSPHRASE } from '../support/mint.ts'
import { serveBoth } from '../support/serve-both.ts'
import { told } from '../support/session-api.ts'
import { wsClientOf } from '../support/socket.ts'

const ANN = { name: 'ann' }
const BOB = { name: 'bob' }
const NO_SCOPE = 'FORBIDDEN: Insufficient scope'

type Caller = Record<'whoAmI' | 'admin' | 'note' | 'revoke', () => Promise<unknown>>

/** Procedures that wait for `open`, and then call others or pass another guard. Bob has the scope `admin`. */
function createWaitingApi() {
  const outcomes: Outcome[] = []
  const notes: unknown[] = []
  const clock = runningClock()
  const waiting = { count: 0 }
  const store = memorySessions({ clock: clock.read })
  const { opened, open } = gate()
  const jwt = createJwtTrivial({
    passphrase: PASSPHRASE,
    clock: clock.read,
    credentials: z.object({ name: z.string() }),
    authorise: ({ input: { name } }) => (name === 'bob' ? { sub: name, scope: 'admin' } : { sub: name }),
    retfunc: (outcome) => void outcomes.push(outcome),
    sessions: { store, reauthorise: () => true },
  })
  const t = initTRPC.context<typeof jwt.createContext>().create()
  async function wait() {
    waiting.count += 1
    await opened
  }
  const afterOpen = t.middleware(async ({ next }) => {
    await wait()
    return next()
  })
  const callerOf = (ctx: object): Caller => t.createCallerFactory(inner)(ctx as never) as unknown as Caller
  const inner: AnyTRPCRouter = t.router({
    whoAmI: jwt.protectedProcedure.query(({ ctx }) => ctx.jwt.sub),
    admin: jwt.protect({ scope: 'admin' }).query(() => 'administered'),
    revoke: jwt.tokenRouter.revoke,
    note: jwt.protectedProcedure.mutation(({ ctx }) => void notes.push(ctx.jwt.sub)),
  })
  const slow = jwt.protectedProcedure.use(afterOpen)
  const router = t.router({
    token: jwt.tokenRouter,
    calls: slow.query(({ ctx }) => callerOf(ctx).whoAmI()),
    callsWithSpread: slow.query(({ ctx }) => callerOf({ ...ctx, db: {} }).whoAmI()),
    callsAdmin: slow.query(({ ctx }) => callerOf(ctx).admin()),
    guardedTwice: slow.concat(jwt.protectedProcedure).query(({ ctx }) => ctx.jwt.sub),
    guardedByScope: slow.concat(jwt.protect({ scope: 'admin' })).query(({ ctx }) => ctx.jwt.sub),
    guardedLate: t.procedure
      .use(afterOpen)
      .concat(jwt.protectedProcedure)
      .query(({ ctx }) => ctx.jwt.sub),
    signsOut: slow.query(({ ctx }) => callerOf(ctx).revoke()),
    optional: jwt
      .protect({ optional: true })
      .use(afterOpen)
      .query(({ ctx }) => callerOf(ctx).whoAmI()),
    notesInStream: jwt.protectedProcedure.subscription(async function* ({ ctx }) {
      yield ctx.jwt.sub
      await wait()
      await callerOf(ctx).note()
      yield 'noted'
    }),
  })
  return { jwt, router, store, outcomes, notes, clock, waiting, open }
}

type Waiting =
  | 'calls'
  | 'callsWithSpread'
  | 'callsAdmin'
  | 'guardedTwice'
  | 'guardedByScope'
  | 'guardedLate'
  | 'optional'
  | 'signsOut'

/** Serves these procedures, and signs a user in over a socket, or nobody. */
async function signIn(name: typeof ANN | undefined) {
  const api = createWaitingApi()
  const { address } = await serveBoth(api.router, api.jwt)
  const client = createTRPCClient<typeof api.router>({ links: [wsLink({ client: wsClientOf(address) })] })
  const tokens = name && (await client.token.create.mutate(name))
  /** Calls a procedure, and gives its answer to come, once it waits. */
  const begin = async (path: Waiting) => {
    const answer = told(client[path].query())
    await expect.poll(() => api.waiting.count).toBe(1)
    return { answer }
  }
  /** What was told of calls that were guarded. */
  const record = () =>
    api.outcomes.flatMap(({ type, path, sub }) => (type === 'issued' ? [] : [`${type} ${path} ${sub}`]))
  return { ...api, refreshToken: tokens?.refreshToken ?? '', client, begin, record }
}

/** Begins a call of one user, lets another user sign in over the socket, and lets the call go on. */
async function overtake(path: Waiting, first: typeof ANN | undefined, second: typeof ANN) {
  const { begin, client, open, record } = await signIn(first)
  const { answer } = await begin(path)
  await client.token.create.mutate(second)
  open()
  return { answer: await answer, record: record() }
}

const whoAmI = ({ outcomes }: { outcomes: Outcome[] }) => outcomes.filter(({ path }) => path === 'whoAmI')

describe('a guarded call that waits while another user signs in over its socket', () => {
  test.each(['calls', 'callsWithSpread'] as const)('calls others as its own user: %s', async (path) => {
    expect(await overtake(path, ANN, BOB)).toEqual({
      answer: 'ann',
      record: [`accepted ${path} ann`, 'accepted whoAmI ann'],
    })
  })

  test('is refused what only the other user may call', async () => {
    expect(await overtake('callsAdmin', ANN, BOB)).toEqual({
      answer: NO_SCOPE,
      record: ['accepted callsAdmin ann', 'rejected admin ann'],
    })
  })

  test('may call what only its own user may call', async () => {
    expect(await overtake('callsAdmin', BOB, ANN)).toEqual({
      answer: 'administered',
      record: ['accepted callsAdmin bob', 'accepted admin bob'],
    })
  })

  test('passes its second guard as its own user, and is told once', async () => {
    expect(await overtake('guardedTwice', ANN, BOB)).toEqual({ answer: 'ann', record: ['accepted guardedTwice ann'] })
  })

  test('is refused by a second guard that asks for a scope of the other user', async () => {
    expect(await overtake('guardedByScope', ANN, BOB)).toEqual({
      answer: NO_SCOPE,
      record: ['accepted guardedByScope ann', 'rejected guardedByScope ann'],
    })
  })

  test('passes a second guard that asks for a scope of its own user', async () => {
    expect(await overtake('guardedByScope', BOB, ANN)).toEqual({
      answer: 'bob',
      record: ['accepted guardedByScope bob'],
    })
  })

  test('is of the user who is signed in when its first guard judges it', async () => {
    expect(await overtake('guardedLate', ANN, BOB)).toEqual({ answer: 'bob', record: ['accepted guardedLate bob'] })
  })

  test('calls others as nobody, where nobody was signed in', async () => {
    expect(await overtake('optional', undefined, ANN)).toEqual({
      answer: 'UNAUTHORIZED: Authentication required',
      record: ['rejected whoAmI undefined'],
    })
  })

  test('is refused what it calls after its session was ended', async () => {
    const made = await signIn(ANN)
    const { answer } = await made.begin('calls')
    await made.client.token.revoke.mutate()
    await made.client.token.create.mutate(BOB)
    made.open()

    expect(await answer).toBe('UNAUTHORIZED: Invalid token')
    expect(whoAmI(made)).toMatchObject([{ type: 'rejected', reason: 'revoked', sub: 'ann' }])
  })

  test('ends its own session by token.revoke, and leaves the other user on the socket', async () => {
    const { client, begin, open, store } = await signIn(ANN)
    const { answer } = await begin('signsOut')
    await client.token.create.mutate(BOB)
    open()
    await answer

    expect(store.size).toBe(1)
    expect(await told(client.guardedLate.query())).toBe('bob')
  })

  test('runs the mutation of its generator as its own user, after its stream has ended', async () => {
    const { client, open, notes, waiting } = await signIn(ANN)
    const words: unknown[] = []
    const errors: string[] = []
    client.notesInStream.subscribe(undefined, {
      onData: (word) => words.push(word),
      onError: ({ message }) => errors.push(message),
    })
    await expect.poll(() => waiting.count).toBe(1)
    await client.token.create.mutate(BOB)
    await expect.poll(() => errors).toEqual(['Invalid token'])
    open()

    await expect.poll(() => notes).toEqual(['ann'])
    expect(words).toEqual(['ann'])
  })
})

/** Renews Ann's session over the socket where a call of hers waits, until the token that it came with has expired. */
async function renewWhileItWaits() {
  const made = await signIn(ANN)
  const { answer } = await made.begin('calls')
  made.clock.ahead = 600
  const renewed = await made.client.token.refresh.mutate({ refreshToken: made.refreshToken })
  made.clock.ahead = 901
  return { ...made, answer, renewed }
}

describe('a guarded call that waits while its own session is renewed over its socket', () => {
  test('calls others with the renewed token, though the token that it came with has expired', async () => {
    const made = await renewWhileItWaits()
    made.open()

    expect(await made.answer).toBe('ann')
    expect(whoAmI(made)).toMatchObject([{ type: 'accepted', sub: 'ann', jti: decodeJwt(made.renewed.token).jti }])
  })
  test('calls others with the renewed token, though another user has signed in since', async () => {
    const made = await renewWhileItWaits()
    await made.client.token.create.mutate(BOB)
    made.open()

    expect(await made.answer).toBe('ann')
    expect(whoAmI(made)).toMatchObject([{ type: 'accepted', sub: 'ann', jti: decodeJwt(made.renewed.token).jti }])
  })
})
