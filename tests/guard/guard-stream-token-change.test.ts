import { EventEmitter } from 'node:events'

import { initTRPC } from '@trpc/server'
import { expect, onTestFinished, test, vi } from 'vitest'

import { createSessionApi, sidOf } from '../support/session-api.ts'
import { endOf } from '../support/streams.ts'

/** What the WebSocket adapter hands over for a connection that sent its token in `connectionParams`. */
const connectionWith = (token: string) => ({
  req: { headers: {} },
  res: Object.assign(new EventEmitter(), { readyState: 1, send: vi.fn<() => void>() }),
  info: { url: null, connectionParams: { authorization: `Bearer ${token}` } },
})

function deferred() {
  let resolve!: () => void
  const promise = new Promise<void>((fulfil) => {
    resolve = fulfil
  })
  return { promise, resolve }
}

async function* repeated(event: string) {
  for (;;) {
    yield event
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

test('a stream that begins after its connection came to carry another user ends at once', async () => {
  const { jwt } = createSessionApi()
  const t = initTRPC.context<typeof jwt.createContext>().create()
  const [asked, answered] = [deferred(), deferred()]
  const router = t.router({
    slow: jwt.protectedProcedure.subscription(async ({ ctx }) => {
      asked.resolve()
      await answered.promise
      return repeated(ctx.jwt.sub)
    }),
  })
  const ctx = jwt.createContext(connectionWith(await jwt.createAccessToken({ sub: 'ann', role: 'reader' })))
  const opening = t.createCallerFactory(router)(ctx).slow()
  await asked.promise
  ctx.bearer.connection?.replaceBearer(await jwt.createAccessToken({ sub: 'bob', role: 'reader' }))
  answered.resolve()

  const stream = await opening
  await expect(async () => {
    for await (const sub of stream) expect(sub).toBe('ann')
  }).rejects.toThrow('Invalid token')
})

test('what became of the former token does not matter once the bearer was renewed', async () => {
  const { jwt, store } = createSessionApi({ cacheSeconds: 1 })
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const t = initTRPC.context<typeof jwt.createContext>().create()
  const router = t.router({
    quiet: jwt.protectedProcedure.subscription(async function* () {
      yield 'one word'
      await new Promise(() => {})
    }),
  })
  const token = await jwt.createAccessToken({ sub: 'ann', role: 'reader' })
  const ctx = jwt.createContext(connectionWith(token))
  const isLive = vi.spyOn(store, 'isLive')
  const stream = await t.createCallerFactory(router)(ctx).quiet()
  const ended = vi.fn<(end: unknown) => void>()
  void endOf(stream).then(ended)
  const { promise: failure, resolve: fail } = deferred()
  isLive.mockImplementationOnce(async () => {
    await failure
    throw new Error('The store is down')
  })
  await vi.advanceTimersByTimeAsync(1_001)
  expect(isLive).toHaveBeenCalledTimes(2)
  const renewed = await jwt.createAccessToken({ sub: 'ann', role: 'reader' }, { sid: sidOf(token) })
  ctx.bearer.connection?.beginRenewal()(renewed)
  await vi.waitFor(() => expect(isLive).toHaveBeenCalledTimes(3))
  fail()
  await vi.advanceTimersByTimeAsync(1_001)

  await vi.waitFor(() => expect(isLive).toHaveBeenCalledTimes(4))
  expect(ended).not.toHaveBeenCalled()
})
