import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { describe, expect, test } from 'vitest'

import { testBearersOver, testStreamedBatchesOver } from '../support/adapter-scenario.ts'
import { refusalOf } from '../support/call.ts'
import { createAdapterApi, type ServeAdapter } from '../support/endpoint.ts'
import { mint } from '../support/mint.ts'

/** `app/api/trpc/[trpc]/route.ts`, called as Next.js calls it. */
const serve: ServeAdapter = ({ trpc }) => {
  const handler = (req: Request) => fetchRequestHandler({ endpoint: '/api/trpc', req, ...trpc })
  const routes: Record<string, typeof handler> = { GET: handler, POST: handler }
  return {
    url: 'http://127.0.0.1/api/trpc',
    fetch: async (input, init) => {
      const request = new Request(input, init as RequestInit)
      return routes[request.method]?.(request) ?? new Response(null, { status: 405 })
    },
  }
}

/** A server component's caller: `headers` is what `await headers()` gives there. */
const callerWith = (headers: unknown) => {
  const { jwt, trpc } = createAdapterApi()
  return trpc.router.createCaller(jwt.createContext({ headers }))
}

const MISSING = { reason: 'missing', code: 'UNAUTHORIZED', message: 'Authentication required' }
const MALFORMED = { reason: 'malformed', code: 'UNAUTHORIZED', message: 'Invalid token' }

describe('a Next.js app router route', () => {
  testBearersOver(serve)
  testStreamedBatchesOver(serve)
})

describe('a server component', () => {
  test('calls with the bearer of the request that it renders for', async () => {
    const caller = callerWith(new Headers({ authorization: `Bearer ${mint()}` }))

    expect(await caller.private()).toBe('Your token worked, ann.')
  })

  test('is refused without one, and for a broken or forged one', async () => {
    const forged = mint({}, { passphrase: 'x'.repeat(64) })

    expect(await refusalOf(callerWith(new Headers()).private())).toEqual(MISSING)
    expect(await refusalOf(callerWith(new Headers({ authorization: 'Bearer' })).private())).toEqual(MALFORMED)
    expect(await refusalOf(callerWith(new Headers({ authorization: `Bearer ${forged}` })).private())).toEqual({
      ...MALFORMED,
      reason: 'bad_signature',
    })
    expect(await callerWith(new Headers()).hello()).toBe('Anyone may call this.')
  })

  test('is rejected if the request carries two: joined by a comma, or in an array', async () => {
    const [ann, bob] = [`Bearer ${mint()}`, `Bearer ${mint({ sub: 'bob' })}`]
    const joined = new Headers([
      ['authorization', ann],
      ['authorization', bob],
    ])

    expect(await refusalOf(callerWith(joined).private())).toEqual(MALFORMED)
    expect(await refusalOf(callerWith({ authorization: [ann, bob] }).private())).toEqual(MALFORMED)
    expect(await refusalOf(callerWith({ authorization: [ann, ann] }).private())).toEqual(MALFORMED)
  })

  test('is rejected if the token is in a cookie', async () => {
    const caller = callerWith(new Headers({ cookie: `token=${mint()}; authorization=Bearer ${mint()}` }))

    expect(await refusalOf(caller.private())).toEqual(MISSING)
  })
})
