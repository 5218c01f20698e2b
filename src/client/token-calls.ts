import { observable } from '@trpc/server/observable'

import { askAsNobody, type Call, type Envelope, type Results } from './ask.ts'
import type { CallOwners } from './call-owner.ts'
import { answerOf, endOf, randomName, tokensOf, type SignIn } from './entry.ts'
import { holdCall } from './hold-call.ts'
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

type TokenCall = (call: Call, route: Route) => Promise<Envelope>

/** The passage of the calls of a token router. They carry no access token except that of the sign-in that they renew or end. */
export type TokenCalls = Readonly<Record<'create' | 'refresh' | 'revoke', TokenCall>>

/** Makes the passage of the calls of a token router. */
export function createTokenCalls({ store, renewal, routes, owners }: Dependencies): TokenCalls {
  /**
   * Keeps the tokens of a sign-in. If it was cancelled, or a later sign-in or sign-out was asked for, its session is ended, as
   * well as can be.
   */
  async function keep(signIn: SignIn, route: Route, signal: Call['op']['signal']): Promise<void> {
    if (store.isLatest(signIn.since) && !signal?.aborted) {
      routes.remember(signIn.name, route)
      await store.offer(signIn)
      if (signal?.aborted) await store.offer(endOf(signIn))
      if (store.name === signIn.name) return
    }
    if (signIn.refreshToken !== undefined) route.revoke(signIn).catch(() => {})
    throw signInChanged()
  }

  const create: TokenCall = async (call, route) => {
    if (store.loading) await store.loading
    const { signal } = call.op
    if (signal?.aborted) throw signInChanged() // the caller gets the reason of the cancellation
    store.readIfFast()
    const asked = { since: store.nextSince(), name: randomName(), renewals: 0, router: route.router }
    const sent = { op: { ...call.op, signal: null }, next: call.next }
    const about = { isSignIn: true, cancelledBy: signal }
    const envelope = await askAsNobody(sent, owners, about).catch((error: unknown) => {
      throw store.isLatest(asked.since) ? error : signInChanged()
    })
    await keep({ ...asked, ...tokensOf((envelope.result as { data?: unknown }).data) }, route, signal)
    return envelope
  }

  return {
    create,
    /** With the tokens of the current session it is the one renewal. With others it is a sign-in. */
    async refresh(call, route) {
      if (store.loading) await store.loading
      const { current } = store
      const given = (call.op.input as { refreshToken?: unknown } | undefined)?.refreshToken
      if (!current?.refreshToken || (given !== undefined && sidOf(given) !== sidOf(current.refreshToken)))
        return create(call, route)
      await renewal.now(current)
      const renewed = store.current
      if (renewed?.name !== current.name) throw store.whyOver(current.name)
      return { result: { type: 'data', data: answerOf(renewed) } }
    },
    /** Signs out at once. The refresh token says which session is to end. */
    async revoke({ op, next }, route) {
      if (store.loading) await store.loading
      store.readIfFast()
      const { current } = store
      const issuer = (current && routes.to(current)) ?? route
      const signedOut = store.signOut()
      try {
        if (!current) return await askAsNobody({ op, next }, owners, { endsAtSignIn: true })
        const input = { refreshToken: current.refreshToken, ...(op.input as object | undefined) }
        const about = { ownToken: () => current.token }
        if (issuer === route) return await askAsNobody({ op: { ...op, input }, next }, owners, about)
        return { result: { type: 'data', data: await issuer.revoke(current, input) } }
      } finally {
        await signedOut // an app may reload the page next
      }
    },
  }
}

/** Returns an answer as the results of its call. */
export function resultsOf({ op }: Call, answer: Promise<Envelope>): Results {
  return observable((observer) =>
    holdCall(op, answer, {
      fail: (error) => observer.error(error),
      send(envelope) {
        observer.next(envelope)
        observer.complete()
      },
    }),
  )
}
