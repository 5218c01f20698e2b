import {
  createTRPCClient,
  createWSClient,
  httpBatchLink,
  httpSubscriptionLink,
  splitLink,
  wsLink,
  type TRPCLink,
} from '@trpc/client'
import { EventSource } from 'eventsource'
import { createSession, type Session, type TokenStorage } from 'trpc-jwt-trivial/client'
import { describe, expectTypeOf, test } from 'vitest'

import type { AppRouter } from '../support/api.ts'
import type { ClientRouter } from '../support/client-api.ts'

const url = 'http://localhost'
interface MyClaims {
  sub: string
  role: 'reader' | 'writer'
}

describe('the links of a typed client', () => {
  const session = createSession()

  test('session.link() infers its router, before any link that sends', () => {
    const client = createTRPCClient<ClientRouter>({
      links: [session.link(), httpBatchLink({ url, headers: session.headers })],
    })

    expectTypeOf(client.private.query).returns.resolves.toEqualTypeOf<string>()
    expectTypeOf(session.link<AppRouter>({ router: '' })).toEqualTypeOf<TRPCLink<AppRouter>>()
  })

  test('a client knows token.create, token.refresh and token.revoke', () => {
    const client = createTRPCClient<ClientRouter>({ links: [session.link(), httpBatchLink({ url })] })

    expectTypeOf(client.token.create.mutate).parameter(0).toEqualTypeOf<{ name: string; password: string }>()
    expectTypeOf(client.token.create.mutate).returns.resolves.toExtend<{ token: string; refreshToken: string }>()
    expectTypeOf(client.token.revoke.mutate).toBeCallableWith(undefined)
  })

  test('headers, connectionParams, socket and eventSourceOptions fit where they belong', () => {
    const client = createWSClient({ url, connectionParams: session.connectionParams })
    createTRPCClient<ClientRouter>({
      links: [
        session.link(),
        splitLink({
          condition: ({ type }) => type === 'subscription',
          true: httpSubscriptionLink({ url, EventSource, eventSourceOptions: session.eventSourceOptions }),
          false: [session.socket(client), wsLink({ client })],
        }),
      ],
    })
  })

  test('an option that there is none of is refused', () => {
    // @ts-expect-error the option is `router`
    session.link({ prefix: 'token' })
    // @ts-expect-error a router has a name
    session.link({ router: 7 })
    // @ts-expect-error the option is `storage`
    createSession({ store: new Map() })
  })
})

describe('claims', () => {
  test('are typed by createSession<MyClaims>()', () => {
    const { claims } = createSession<MyClaims>()

    expectTypeOf(claims).not.toBeAny()
    expectTypeOf(claims).extract<null>().toEqualTypeOf<null>()
    expectTypeOf<NonNullable<typeof claims>['role']>().toEqualTypeOf<'reader' | 'writer'>()
    expectTypeOf<NonNullable<typeof claims>['sub']>().toEqualTypeOf<string>()
  })

  test('are unknown, not any, without', () => {
    const { claims } = createSession()

    expectTypeOf(claims).not.toBeAny()
    expectTypeOf<NonNullable<typeof claims>['sub']>().toEqualTypeOf<string | undefined>()
    expectTypeOf<NonNullable<typeof claims>['role']>().not.toBeAny()
  })

  test('are for reading', () => {
    const { claims } = createSession<MyClaims>()

    // @ts-expect-error the token says what it says
    if (claims) claims.role = 'writer'
  })
})

describe('a session', () => {
  test('fits useSyncExternalStore', () => {
    const session = createSession()

    expectTypeOf(session.subscribe).toExtend<(listener: () => void) => () => void>()
    expectTypeOf(session.signedIn).toEqualTypeOf<boolean>()
    expectTypeOf(session.signOut).returns.toEqualTypeOf<Promise<void>>()
    expectTypeOf<Session['link']>().not.toBeAny()
  })

  test('takes localStorage and an asynchronous storage', () => {
    expectTypeOf<Storage>().toExtend<TokenStorage>()
    expectTypeOf<{
      getItem: (key: string) => Promise<string | null>
      setItem: (key: string, value: string) => Promise<void>
      removeItem: (key: string) => Promise<void>
    }>().toExtend<TokenStorage>()
  })
})
