import { createTRPCClient, httpBatchLink } from '@trpc/client'
import { createSession, type Session } from 'trpc-jwt-trivial/client'
import { afterEach, describe, expect, test, vi } from 'vitest'

import { ANN, createClientApi, memoryStorage, serveClientApi, type ClientRouter } from '../support/client-api.ts'
import { passTime } from '../support/later.ts'

afterEach(() => {
  vi.useRealTimers()
})

async function twoServers() {
  const own = createClientApi()
  const other = createClientApi({ store: own.store })
  const [{ url }, { url: otherUrl }] = [await serveClientApi(own), await serveClientApi(other)]
  return { own, other, url, otherUrl }
}
const clientOf = (url: string, session: Session, router?: null) =>
  createTRPCClient<ClientRouter>({
    links: [session.link(router === undefined ? {} : { router }), httpBatchLink({ url, headers: session.headers })],
  })

describe('two servers', () => {
  test('the refresh token goes only to the one that issued it, whichever is called', async () => {
    const { own, other, url, otherUrl } = await twoServers()
    const session = createSession()
    const [first, second] = [clientOf(url, session), clientOf(otherUrl, session)]
    await first.token.create.mutate(ANN)
    passTime(860)

    expect(await second.private.query()).toBe('Your token worked, ann.')
    expect([own.calls, other.calls]).toEqual([['token.create', 'token.refresh'], ['private']])
  })

  test('after a reload it never goes through a link with `router: null`, which sends the access token', async () => {
    const { own, other, url, otherUrl } = await twoServers()
    const storage = memoryStorage()
    await clientOf(url, createSession({ storage })).token.create.mutate(ANN)
    const session = createSession({ storage })
    const [first, second] = [clientOf(url, session), clientOf(otherUrl, session, null)]
    passTime(860)
    expect(await second.private.query()).toBe('Your token worked, ann.')
    await first.hello.query()
    await second.token.refresh.mutate({ refreshToken: 'x' }).catch(() => {})

    expect(own.calls.filter((path) => path === 'token.refresh')).toHaveLength(1)
    expect(other.calls).toEqual(['private', 'token.refresh'])
  })
})
