import { TRPCClientError, type TRPCLink } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { observable, type Unsubscribable } from '@trpc/server/observable'

import type { Refresh, Renewal } from './renewal.ts'
import { tokensOf, type TokenStore } from './tokens.ts'

/** The texts, or the reasons behind an app's own texts, of refusals that a renewal may mend. */
const MENDABLE: readonly unknown[] = ['Token expired', 'Invalid token', 'expired', 'invalid']
/** How long a subscription must have run to be taken up again once more, in milliseconds. */
const LASTING = 1_000
/** How long a renewal may take, in milliseconds: less than the default grace, which forgives another try if only the answer was lost. */
const PATIENCE = 8_000

/** Options of `session.link`. */
export interface SessionLinkOptions {
  /** Where the app's router has `tokenRouter` (`'token'`); `''` where it was merged. */
  router?: string
}

/** Keeps the tokens of one user in step with the calls that pass through. */
export interface SessionLink {
  link: <Router extends AnyTRPCRouter>(options?: SessionLinkOptions) => TRPCLink<Router>
  /** Renews the tokens if that is due, through the link that a call took last. */
  renewIfDue: () => Promise<void>
}

type OperationLink = ReturnType<TRPCLink<AnyTRPCRouter>>
type Call = Parameters<OperationLink>[0]
type Next = Call['next']
type Op = Call['op']
type Results = ReturnType<OperationLink>

/** Makes the link of one user: its state is shared by all calls that pass through. */
export function createSessionLink(store: TokenStore, renewal: Renewal): SessionLink {
  let refresh: Refresh | undefined
  let lastId = 0
  let signIns = 0

  async function renew(used: string): Promise<void> {
    if (refresh) await renewal.renew(used, refresh)
  }

  /** What a call waits for before it is sent: undefined where it need not wait. */
  function beforeSending(): Promise<unknown> | undefined {
    if (store.loading) return store.loading.then(beforeSending)
    const used = store.current?.token
    if (used === undefined || !(renewal.running ?? renewal.isDue())) return undefined
    return renew(used).catch((error: unknown) => {
      if (Date.now() >= (store.current?.endsAt ?? Number.POSITIVE_INFINITY)) throw error
    })
  }

  /** A token that nothing renews is forgotten once it has ended. */
  function canBeMended(used: string): boolean {
    const { current } = store
    if (current?.token !== used) return current !== null
    if (current.refreshToken !== undefined) return true
    if (Date.now() >= (current.endsAt ?? Number.POSITIVE_INFINITY)) void store.set(null)
    return false
  }

  /** `token.create`, `token.refresh`, `token.revoke`: keeps what they answer, forgets what they end, but no later sign-in. */
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
      return hold(
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

  /** Any other call: refused for its token's sake, it is sent once more with the next one. */
  function call({ op, next }: Call): Results {
    return observable((observer) => {
      let lastEventId: string | undefined
      let resent = false
      let startedAt = Number.POSITIVE_INFINITY
      let held: Unsubscribable

      function attempt(waitFor: Promise<unknown> | undefined): void {
        held = hold(op, waitFor, { fail: observer.error, send })
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
            const hasLasted = op.type === 'subscription' && Date.now() - startedAt >= LASTING
            if (used === undefined || (resent && !hasLasted) || !isMendable(error) || !canBeMended(used)) {
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

interface Held {
  readonly send: () => Unsubscribable
  readonly fail: (error: TRPCClientError<AnyTRPCRouter>) => void
}

/** Holds a call back until something has settled, at once if there is nothing; lets go of one that is cancelled meanwhile. */
function hold({ signal }: Op, waitFor: Promise<unknown> | undefined, { send, fail }: Held): Unsubscribable {
  let sent: Unsubscribable | undefined
  let done = false

  function settle(proceed: () => void): void {
    if (done) return
    done = true
    signal?.removeEventListener('abort', abort)
    proceed()
  }
  function abort(): void {
    settle(() => fail(TRPCClientError.from(signal?.reason as Error)))
  }
  function go(): void {
    settle(() => {
      sent = send()
    })
  }

  if (waitFor) {
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort)
    waitFor.then(go, (error: Error) => settle(() => fail(TRPCClientError.from(error))))
  } else go()
  return {
    unsubscribe() {
      settle(() => {})
      sent?.unsubscribe()
    },
  }
}

/** Takes a subscription up after the last event that it has seen, as tRPC's own links do. */
function resumed(op: Op, lastEventId: string | undefined): Op {
  if (lastEventId === undefined || (op.input !== undefined && op.input !== null && typeof op.input !== 'object'))
    return op
  return { ...op, input: { ...(op.input as object | undefined), lastEventId } }
}

/**
 * Sends a call of the link's own: with an id that no other has, without a signal that could cancel it for others, and in a
 * batch of its own, so that it need not wait for the slow.
 */
function sendApart(next: Next, call: Pick<Op, 'id' | 'path' | 'input'>): Promise<unknown> {
  const op: Op = { ...call, type: 'mutation', context: {}, signal: null }
  let timer: ReturnType<typeof setTimeout> | undefined
  const answer = new Promise<unknown>((resolve, reject) => {
    setTimeout(() => {
      let sent: Unsubscribable | undefined
      timer = setTimeout(() => {
        sent?.unsubscribe()
        reject(new TRPCClientError('The renewal was not answered in time'))
      }, PATIENCE)
      sent = next(op).subscribe({
        next: ({ result }) => {
          if ('data' in result) resolve(result.data)
        },
        error: reject,
      })
    })
  })
  return answer.finally(() => clearTimeout(timer))
}

/** Whether a refusal is ours. Where the app tells by `jwtErrorData`, the same words of its own are none. */
function isMendable({ message, data }: TRPCClientError<AnyTRPCRouter>): boolean {
  const { code, jwt } = (data ?? {}) as { code?: unknown; jwt?: { reason?: unknown } | null }
  return code === 'UNAUTHORIZED' && MENDABLE.includes(jwt === undefined ? message : jwt?.reason)
}
