import { createAdaptorServer } from '@hono/node-server'
import { trpcServer } from '@hono/trpc-server'
import { initTRPC } from '@trpc/server'
import type { FetchCreateContextFnOptions } from '@trpc/server/adapters/fetch'
import { Hono, type Context } from 'hono'
import type { BearerContext } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { testBearersOver, testRepeatedLinesOver, testStreamedBatchesOver } from '../support/adapter-scenario.ts'
import { createAdapterApi, listenHttp, type AdapterApi } from '../support/endpoint.ts'
import { mint } from '../support/mint.ts'
import type { Server } from 'node:http'

/** Hono on a socket, under its own server for Node. */
const listenHono = (app: Hono) => listenHttp(createAdaptorServer({ fetch: app.fetch }) as Server, '/trpc')

const serve = ({ trpc }: AdapterApi) => {
  const app = new Hono()
  app.use('/trpc/*', trpcServer({ ...trpc, createContext: (opts) => ({ ...trpc.createContext(opts) }) }))
  return listenHono(app)
}

/** Somebody before tRPC has read the body: `@hono/trpc-server` takes it from Hono, which keeps it. */
const serveBehindBodyReader = ({ trpc }: AdapterApi) => {
  const app = new Hono()
  app.use(async (c, next) => {
    await c.req.text()
    await next()
  })
  app.use('/trpc/*', trpcServer({ ...trpc, createContext: (opts) => ({ ...trpc.createContext(opts) }) }))
  return listenHono(app)
}

describe('@hono/trpc-server under @hono/node-server', () => {
  testBearersOver(serve)
  testStreamedBatchesOver(serve)
  testRepeatedLinesOver(serve)

  test("hands Hono's own context to createContext, beside the bearer", async () => {
    const { jwt } = createAdapterApi()
    const createContext = (opts: FetchCreateContextFnOptions, c: Context) => ({
      ...jwt.createContext(opts),
      agent: c.req.header('user-agent'),
    })
    const t = initTRPC.context<BearerContext & { agent?: string }>().create()
    const router = t.router({
      agent: t.procedure.concat(jwt.protectedProcedure).query(({ ctx }) => `${ctx.jwt.sub} of ${ctx.agent}`),
    })
    const app = new Hono()
    app.use('/trpc/*', trpcServer({ router, createContext, responseMeta: jwt.responseMeta }))
    const { url } = await listenHono(app)
    const call = (headers: Record<string, string>) => fetch(`${url}/agent`, { headers })

    const accepted = await call({ authorization: `Bearer ${mint()}`, 'user-agent': 'a test' })
    expect(await accepted.json()).toEqual({ result: { data: 'ann of a test' } })
    const refused = await call({ 'user-agent': 'a test' })
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="trpc"'])
  })
})

describe('@hono/trpc-server behind a reader of bodies', () => {
  testBearersOver(serveBehindBodyReader)
})
