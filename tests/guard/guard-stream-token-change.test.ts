import { EventEmitter } from 'node:events'

import { initTRPC } from '@trpc/server'
import { expect, test, vi } from 'vitest'

import { createSessionApi } from '../support/session-api.ts'

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
