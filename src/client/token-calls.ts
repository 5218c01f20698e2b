import type { TRPCClientError } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { observable } from '@trpc/server/observable'

import type { CallOwners } from './call-owner.ts'
import { answerOf, randomName, tokensOf, type SignIn } from './entry.ts'
import { holdCall } from './hold-call.ts'
import { sendAsNobody, type Call, type Results } from './nobodys-call.ts'
import { sidOf } from './read-claims.ts'
import type { Renewal } from './renewal.ts'
import type { Route, Routes } from './route.ts'
import { signInChanged, type SignInStore } from './sign-in-store.ts'

interface Dependencies {
  readonly store: SignInStore
  readonly renewal: Renewal
  readonly routes: Routes
  readonly owners: CallOwners
}

type TokenCall = (call: Call, route: Route) => Results

/** The passage of the calls of a token router. They carry no access token. */
export interface TokenCalls {
  readonly create: TokenCall
  readonly refresh: TokenCall
  readonly revoke: TokenCall
}

/** Makes the passage of the calls of a token router. */
export function createTokenCalls({ store, renewal, routes, owners }: Dependencies): TokenCalls {
  /** Keeps the tokens of a sign-in. If a later sign-in or sign-out was asked for, its session is ended, as well as can be. */
  async function keep(signIn: SignIn, route: Route): Promise<void> {
    const saved = store.offer(signIn)
    if (saved) await saved
    if (store.name === signIn.name) return routes.remember(signIn.name, route)
    const { refreshToken } = signIn
    if (refreshToken !== undefined) route.send('revoke', { refreshToken }).catch(() => {})
    throw signInChanged()
  }

  const create: TokenCall = ({ op, next }, route) =>
    observable((observer) =>
      holdCall(op, store.loading, {
        fail: (error) => observer.error(error),
        send() {
          store.readIfFast()
          const asked = { since: store.nextSince(), name: randomName(), renewals: 0, router: route.router }
          let isAnswered = false
          return sendAsNobody({ op, next }, owners, { changesBearer: true }).subscribe({
            next(envelope) {
              if (!('data' in envelope.result)) return observer.next(envelope)
              isAnswered = true
              const { data } = envelope.result
              const kept = (async () => keep({ ...asked, ...tokensOf(data) }, route))()
              kept.then(deliver, (error: TRPCClientError<AnyTRPCRouter>) => observer.error(error))
              function deliver(): void {
                observer.next(envelope)
                observer.complete()
              }
            },
            error: (error) => observer.error(error),
            complete() {
              if (!isAnswered) observer.complete()
            },
          })
        },
      }),
    )

  /** With the tokens of the current session it is the one renewal. With others it is a sign-in. */
  const refresh: TokenCall = (call, route) => {
    const { current } = store
    const given = (call.op.input as { refreshToken?: unknown } | undefined)?.refreshToken
    if (!current?.refreshToken || (given !== undefined && sidOf(given) !== sidOf(current.refreshToken)))
      return create(call, route)
    return observable((observer) =>
      holdCall(call.op, renewal.now(current), {
        fail: (error) => observer.error(error),
        send() {
          const renewed = store.current
          if (renewed?.name === current.name) {
            observer.next({ result: { type: 'data', data: answerOf(renewed) } })
            observer.complete()
          } else observer.error(store.whyOver(current.name))
          return { unsubscribe() {} }
        },
      }),
    )
  }

  /** Signs out at once. The refresh token says which session is to end. */
  const revoke: TokenCall = ({ op, next }) =>
    observable((observer) =>
      holdCall(op, store.loading, {
        fail(error) {
          void store.signOut()
          observer.error(error)
        },
        send() {
          store.readIfFast()
          const refreshToken = store.current?.refreshToken
          void store.signOut()
          const input = refreshToken === undefined ? op.input : { refreshToken, ...(op.input as object | undefined) }
          return sendAsNobody({ op: { ...op, input }, next }, owners).subscribe(observer)
        },
      }),
    )

  return { create, refresh, revoke }
}
