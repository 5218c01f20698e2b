import type { TRPCClientError, TRPCLink } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { observable, type Unsubscribable } from '@trpc/server/observable'

import { holdCall } from './hold-call.ts'
import { readRejection } from './read-rejection.ts'
import { sendApart } from './renewal-request.ts'
import type { Refresh, Renewal } from './renewal.ts'
import { tokensOf, type TokenStore } from './tokens.ts'

/** How long a subscription must have run to be resumed a second time. */
const MIN_SUBSCRIPTION_MS = 1_000

/** Options of `session.link`. */
export interface SessionLinkOptions {
  /** The path of `tokenRouter` in the app's router (`'token'`); `''` if it was merged. */
  router?: string
}

/** The link of one user. */
export interface SessionLink {
  link: <Router extends AnyTRPCRouter>(options?: SessionLinkOptions) => TRPCLink<Router>
  /** Renews the tokens if that is due, through the link that the last call took. */
  renewIfDue: () => Promise<void>
}

type OperationLink = ReturnType<TRPCLink<AnyTRPCRouter>>
type Call = Parameters<OperationLink>[0]
type Op = Call['op']
type Results = ReturnType<OperationLink>

/** Makes the link of one user. All calls that pass through share its state. */
export function createSessionLink(store: TokenStore, renewal: Renewal): SessionLink {
  let refresh: Refresh | undefined
  let lastId = 0
  let signIns = 0

  async function renew(used: string): Promise<void> {
    if (refresh) await renewal.renew(used, refresh)
  }

  /** What a call must wait for before it is sent; undefined if it need not wait. */
  function beforeSending(): Promise<unknown> | undefined {
    if (store.loading) return store.loading.then(beforeSending)
    const used = store.current?.token
    if (used === undefined || !(renewal.running ?? renewal.isDue())) return undefined
    return renew(used).catch((error: unknown) => {
      if (Date.now() >= (store.current?.endsAt ?? Number.POSITIVE_INFINITY)) throw error
    })
  }

  /** Whether a refused call can be sent again. An expired token that cannot be renewed is removed. */
  function canBeResent(used: string): boolean {
    const { current } = store
    if (current?.token !== used) return current !== null
    if (current.refreshToken !== undefined) return true
    if (Date.now() >= (current.endsAt ?? Number.POSITIVE_INFINITY)) void store.set(null)
    return false
  }

  /** A call of the token router: keeps the tokens of its answer, or removes those that it ends, but no later sign-in's. */
  function ownCall({ op, next }: Call, ends: boolean): Results {
    return observable((observer) => {
      let before = signIns
      function fail(error: TRPCClientError<AnyTRPCRouter>): void {
        forget()
        observer.error(error)
      }
      function forget(): void {
        if (ends && signIns === before) void store.set(null)
      }
      return holdCall(
        op,
        renewal.running?.catch(() => {}),
        {
          fail,
          send() {
            const refreshToken = store.current?.refreshToken
            before = signIns
            const input =
              ends && refreshToken !== undefined ? { refreshToken, ...(op.input as object | undefined) } : op.input
            return next({ ...op, input }).subscribe({
              next(envelope) {
                const { result } = envelope
                if (!ends && 'data' in result) {
                  try {
                    void store.set(tokensOf(result.data))
                  } catch (error) {
                    return observer.error(error as TRPCClientError<AnyTRPCRouter>)
                  }
                  signIns += 1
                }
                observer.next(envelope)
              },
              error: fail,
              complete() {
                forget()
                observer.complete()
              },
            })
          },
        },
      )
    })
  }

  /** Any other call. If its token is refused, it is sent once more with the next token. */
  function call({ op, next }: Call): Results {
    return observable((observer) => {
      let lastEventId: string | undefined
      let resent = false
      let startedAt = Number.POSITIVE_INFINITY
      let held: Unsubscribable

      function attempt(waitFor: Promise<unknown> | undefined): void {
        held = holdCall(op, waitFor, { fail: observer.error, send })
      }

      function send(): Unsubscribable {
        const used = store.current?.token
        return next(resumed(op, lastEventId)).subscribe({
          next(envelope) {
            const { result } = envelope
            if ('id' in result && typeof result.id === 'string') lastEventId = result.id
            if (result.type === 'started') startedAt = Math.min(startedAt, Date.now())
            observer.next(envelope)
          },
          error(error) {
            const hasLasted = op.type === 'subscription' && Date.now() - startedAt >= MIN_SUBSCRIPTION_MS
            if (
              used === undefined ||
              (resent && !hasLasted) ||
              readRejection(error) !== 'renew' ||
              !canBeResent(used)
            ) {
              return observer.error(error)
            }
            const isCurrent = store.current?.token === used
            resent = isCurrent || op.type !== 'subscription'
            startedAt = Number.POSITIVE_INFINITY
            attempt(isCurrent ? renew(used) : undefined)
          },
          complete: () => observer.complete(),
        })
      }

      attempt(beforeSending())
      return () => held.unsubscribe()
    })
  }

  return {
    link:
      ({ router = 'token' } = {}) =>
      () => {
        const prefix = router === '' ? '' : `${router}.`
        const [create, renewing, revoke] = ['create', 'refresh', 'revoke'].map((name) => prefix + name)
        return (passing) => {
          const { op, next } = passing
          refresh = (refreshToken) =>
            sendApart(next, { id: (lastId -= 1), path: `${prefix}refresh`, input: { refreshToken } })
          if (op.path === revoke) return ownCall({ op, next }, true)
          if (op.path === create || op.path === renewing) return ownCall({ op, next }, false)
          return call({ op, next })
        }
      },
    async renewIfDue() {
      await beforeSending()
    },
  }
}

/** Resumes a subscription after the last event that it received, as tRPC's own links do. */
function resumed(op: Op, lastEventId: string | undefined): Op {
  if (lastEventId === undefined || (op.input !== undefined && op.input !== null && typeof op.input !== 'object'))
    return op
  return { ...op, input: { ...(op.input as object | undefined), lastEventId } }
}
