import { TRPCClientError } from '@trpc/client'

import { withTimeout } from '../time/timers.ts'
import { nextTimers } from './ask.ts'
import { endOf, tokensOf, type SignIn } from './entry.ts'
import { readRejection } from './read-rejection.ts'
import type { Route, Routes } from './route.ts'
import { ageOf, isInWindow, MARGIN_MS, maySendNow, type SentRequests } from './send-window.ts'
import type { SignInStore } from './sign-in-store.ts'
import type { SocketSignIns } from './socket-sign-ins.ts'
import { underLock } from './under-lock.ts'

/** How long a call whose token is over waits for a renewal. */
const EXPIRED_WAIT_MS = 8_000
/** How long a call whose token is still good waits for a renewal. */
const GOOD_WAIT_MS = 1_000
/** How long after a failed renewal no call starts another one. */
const PAUSE_MS = 5_000
/** How often a renewal looks whether another tab was faster. */
const LOOK_MS = 250

/** Renews the tokens of one user, one renewal at a time. */
export interface Renewal {
  /** What a call of the current sign-in must wait for before it is sent; undefined if it need not wait. */
  beforeSending: () => Promise<void> | undefined
  /** Renews the tokens because the server rejected the access token. Undefined if that is of no use now. */
  afterRejection: (signIn: SignIn) => Promise<void> | undefined
  /** Renews the tokens, due or not. */
  now: (signIn: SignIn) => Promise<void>
}

/** What this tab knows of the present tokens. */
interface State {
  readonly name: string
  readonly renewals: number
  /** Whether the server has rejected the access token. */
  isRejected?: boolean
  sent?: SentRequests
  running?: Promise<void> | undefined
  failure?: { readonly atMs: number; readonly error: Error }
}

interface Dependencies {
  readonly store: SignInStore
  readonly routes: Routes
  readonly socketSignIns: Pick<SocketSignIns, 'arePending' | 'untilNone'>
  /** The name of the lock that tabs share; undefined if the tokens are in this tab's memory only. */
  readonly lock: string | undefined
}

/** Makes the renewal of one user's tokens. It begins when no sign-in over a socket is pending: that may need the connection. */
export function createRenewal({ store, routes, socketSignIns, lock }: Dependencies): Renewal {
  let latest: State | undefined

  function stateOf(signIn: SignIn): State {
    const { name, renewals } = signIn
    if (!latest || !isSame(latest, signIn)) latest = { name, renewals }
    return latest
  }

  const isOver = (signIn: SignIn): boolean => stateOf(signIn).isRejected === true || Date.now() >= signIn.endsAt

  function isPaused(signIn: SignIn): boolean {
    const { failure } = stateOf(signIn)
    return failure !== undefined && ageOf(failure.atMs) >= 0 && ageOf(failure.atMs) < PAUSE_MS
  }

  const maySend = (signIn: SignIn, hasLock: boolean): boolean =>
    maySendNow(signIn, { isOver: isOver(signIn), hasLock, sent: stateOf(signIn).sent })

  /** The present tokens, if they are still those of an earlier moment. */
  const ifSame = (start: SignIn): SignIn | null =>
    store.current && isSame(start, store.current) ? store.current : null

  /** Sends the refresh token. Its answer is taken whenever it comes. */
  async function send(signIn: SignIn, route: Route): Promise<void> {
    const { since, name, router, renewals } = signIn
    const state = stateOf(signIn)
    const beganAtMs = Date.now()
    const isRepeat = isInWindow(signIn)
    const own = { firstAtMs: beganAtMs, ...state.sent, lastAtMs: beganAtMs }
    /** A request that waits gives way to a later one. */
    const mayBeSent = (): boolean => {
      const present = ifSame(signIn)
      if (!present || state.sent !== own) return false
      return isRepeat ? isInWindow(present) : ageOf(beganAtMs) >= 0 && ageOf(beganAtMs) < EXPIRED_WAIT_MS
    }
    state.sent = own
    await store.offer({ ...signIn, sentAt: Math.min(signIn.sentAt ?? beganAtMs, beganAtMs) })
    await nextTimers() // a batch of its own, so that it does not wait for slow calls
    if (!mayBeSent()) return
    own.lastAtMs = Date.now()
    try {
      const answer = await route.renew(signIn, mayBeSent)
      if (answer === undefined) return
      await store.offer({ since, name, router, renewals: renewals + 1, ...tokensOf(answer) })
    } catch (error) {
      if (readRejection(error) === 'sign-out') await store.offer(endOf(signIn), error as Error)
      else if (!ifSame(signIn)) return // another tab was faster
      throw error
    }
  }

  /** Sends, and sends again inside the grace, until there are newer tokens: from the server, or from another tab. */
  async function work(start: SignIn, request: (signIn: SignIn) => Promise<void>, hasLock: boolean): Promise<void> {
    const beganAt = performance.now()
    const patienceMs = Math.max(EXPIRED_WAIT_MS, start.graceMs - MARGIN_MS) - LOOK_MS
    const answers = new Set<Promise<void>>()
    for (;;) {
      await store.read()
      const signIn = ifSame(start)
      if (!signIn) return
      if (!socketSignIns.arePending && maySend(signIn, hasLock) && (answers.size === 0 || isInWindow(signIn))) {
        const answer = request(signIn)
        answer.then(
          () => answers.delete(answer), // nothing came of it, or there are newer tokens
          () => {},
        )
        answers.add(answer)
      }
      const leftMs = patienceMs - (performance.now() - beganAt)
      if (leftMs <= 0) throw notAnswered()
      await Promise.race([...answers, new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, LOOK_MS)))])
    }
  }

  /** A renewal that failed may have been done all the same. Inside the grace the token is sent again to find out. */
  function repeatLater(start: SignIn, lastAtMs: number): void {
    const delayMs = start.graceMs / 3 - ageOf(lastAtMs)
    const signIn = ifSame(start)
    if (!signIn || !isInWindow(signIn, delayMs)) return
    const timer: unknown = setTimeout(() => {
      const present = ifSame(start)
      if (present && isInWindow(present)) now(present).catch(() => {})
    }, delayMs)
    ;(timer as { unref?: () => void }).unref?.()
  }

  function now(signIn: SignIn): Promise<void> {
    const state = stateOf(signIn)
    const route = routes.to(signIn)
    if (!route || signIn.refreshToken === undefined) return Promise.resolve()
    state.running ??= underLock(lock, (hasLock) => work(signIn, (present) => send(present, route), hasLock))
      .catch((error: Error) => {
        state.failure = { atMs: Date.now(), error }
        repeatLater(signIn, state.sent?.lastAtMs ?? Date.now())
        throw error
      })
      .finally(() => {
        state.running = undefined
      })
    return state.running
  }

  /** A good token need not be renewed: its calls go on when the renewal is slow or fails. */
  function untilRenewed(signIn: SignIn): Promise<void> | undefined {
    if (signIn.refreshToken === undefined || !routes.to(signIn)) return undefined
    const { running, failure } = stateOf(signIn)
    const isGood = !isOver(signIn)
    const signedIn = socketSignIns.untilNone()
    if (!running) {
      if (isGood && (signedIn || isPaused(signIn) || Date.now() < signIn.dueAt || !maySend(signIn, true)))
        return undefined
      if (isPaused(signIn)) return Promise.reject(failure?.error)
      if (signedIn) return signedIn.then(() => untilRenewedIfSame(signIn))
    }
    return withTimeout(now(signIn), isGood ? GOOD_WAIT_MS : EXPIRED_WAIT_MS, notAnswered()).catch((error: unknown) => {
      const present = ifSame(signIn)
      if (!present || !isOver(present)) return undefined
      if (isGood) return untilRenewed(present) // it is over by now
      throw error
    })
  }

  function untilRenewedIfSame(signIn: SignIn): Promise<void> | undefined {
    const present = ifSame(signIn)
    return present ? untilRenewed(present) : undefined
  }

  return {
    beforeSending: () => (store.current ? untilRenewed(store.current) : undefined),
    afterRejection(signIn) {
      stateOf(signIn).isRejected = true
      return isPaused(signIn) ? undefined : untilRenewed(signIn)
    },
    now,
  }
}

function isSame(one: Pick<SignIn, 'name' | 'renewals'>, { name, renewals }: SignIn): boolean {
  return one.name === name && one.renewals === renewals
}

function notAnswered(): Error {
  return new TRPCClientError('The renewal was not answered in time')
}
