import { createSession } from 'trpc-jwt-trivial/client'
import { describe, expect, test } from 'vitest'

import { ANN, memoryStorage } from '../support/client-api.ts'
import { passTime } from '../support/later.ts'
import { clientOverHttp } from '../support/session-clients.ts'
import { serveTwoServers } from '../support/two-servers.ts'

describe('two servers', () => {
  test('the refresh token goes only to the server that issued it, whichever is called', async () => {
    const { own, other, url, otherUrl } = await serveTwoServers()
    const session = createSession()
    const [first, second] = [clientOverHttp(session, url), clientOverHttp(session, otherUrl)]
    await first.token.create.mutate(ANN)
    passTime(860)

    expect(await second.private.query()).toBe('Your token worked, ann.')
    expect([own.calls, other.calls]).toEqual([['token.create', 'token.refresh'], ['private']])
  })

  test('after a reload, a link with `router: null` sends the access token, but renews nothing', async () => {
    const { own, other, url, otherUrl } = await serveTwoServers()
    const storage = memoryStorage()
    await clientOverHttp(createSession({ storage }), url).token.create.mutate(ANN)
    const session = createSession({ storage })
    const [first, second] = [clientOverHttp(session, url), clientOverHttp(session, otherUrl, { router: null })]
    passTime(860)
    expect(await second.private.query()).toBe('Your token worked, ann.')
    await first.hello.query()
    await second.token.refresh.mutate({ refreshToken: 'x' }).catch(() => {})

    expect(own.timesCalled('token.refresh')).toBe(1)
    expect(other.calls).toEqual(['private', 'token.refresh'])
  })
})
