import { TRPCClientError } from '@trpc/client'

import { withTimeout } from '../time/timers.ts'
import { endOf, tokensOf, type SignIn } from './entry.ts'
import { readRejection } from './read-rejection.ts'
import type { Route, Routes } from './route.ts'
import type { SignInStore } from './sign-in-store.ts'
import { isInWindow, MARGIN_MS, maySendNow, repeatDelayMs } from './send-window.ts'
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
  beforeSending(): Promise<void> | undefined
  /** Renews the tokens because the server rejected the access token. Undefined if that is of no use now. */
  afterRejection(signIn: SignIn): Promise<void> | undefined
  /** Renews the tokens, due or not. */
  now(signIn: SignIn): Promise<void>
}

interface Attempt {
  readonly name: string
  readonly renewals: number
}

/**
 * Makes the renewal of one user's tokens.
 *
 * @param lock - the name of the lock that tabs share; undefined if the tokens are in this tab's memory only
 */
export function createRenewal(store: SignInStore, routes: Routes, lock: string | undefined): Renewal {
  let running: (Attempt & { readonly work: Promise<void> }) | undefined
  let failure: (Attempt & { readonly atMs: number; readonly error: Error }) | undefined
  let sent: (Attempt & { readonly firstAtMs: number; readonly lastAtMs: number }) | undefined
  let rejected: string | undefined
  let due: { token: string; atMs: number } | undefined

  const isOver = ({ token, endsAt }: SignIn): boolean => token === rejected || (endsAt !== null && Date.now() >= endsAt)

  /** Earlier than the server asks a socket to reconnect (a quarter or 30 s ahead), and not at the same time for all clients. */
  function isDue({ token, endsAt, lifetimeMs }: SignIn): boolean {
    if (endsAt === null || lifetimeMs === null) return false
    if (due?.token !== token) {
      const aheadMs = Math.min(lifetimeMs / 3, 45_000) + Math.random() * Math.min(lifetimeMs / 20, 15_000)
      due = { token, atMs: endsAt - aheadMs }
    }
    return Date.now() >= due.atMs
  }

  function isPaused(signIn: SignIn): boolean {
    if (!isSame(failure, signIn)) return false
    const sinceMs = Date.now() - failure.atMs
    return sinceMs >= 0 && sinceMs < PAUSE_MS
  }

  function maySend(signIn: SignIn, hasLock: boolean): boolean {
    return maySendNow({ signIn, isOver: isOver(signIn), hasLock, own: isSame(sent, signIn) ? sent : undefined })
  }

  /** Sends the refresh token. Its answer is taken whenever it comes. */
  async function send(signIn: SignIn, route: Route, refreshToken: string): Promise<void> {
    const { since, name, router, renewals } = signIn
    const atMs = Date.now()
    sent = { name, renewals, firstAtMs: isSame(sent, signIn) ? sent.firstAtMs : atMs, lastAtMs: atMs }
    await store.offer({ ...signIn, sentAt: Math.min(signIn.sentAt ?? atMs, atMs) })
    if (!store.current || !isSame(signIn, store.current)) return
    try {
      const tokens = tokensOf(await route.send('refresh', { refreshToken }))
      await store.offer({ since, name, router, renewals: renewals + 1, ...tokens })
    } catch (error) {
      if (readRejection(error) === 'sign-out') await store.offer(endOf(signIn), error as Error)
      throw error
    }
  }

  /** Sends, and sends again inside the grace, until there are newer tokens: from the server, or from another tab. */
  async function work(start: SignIn, request: (signIn: SignIn) => Promise<void>, hasLock: boolean): Promise<void> {
    const beganAt = performance.now()
    const patienceMs = Math.max(EXPIRED_WAIT_MS, start.graceMs - MARGIN_MS) - LOOK_MS
    const answers: Promise<void>[] = []
    for (;;) {
      await store.read()
      const signIn = store.current
      if (!signIn || !isSame(start, signIn)) return
      if (maySend(signIn, hasLock) && (answers.length === 0 || isInWindow(signIn))) {
        const answer = request(signIn)
        answer.catch(() => {})
        answers.push(answer)
      }
      const leftMs = patienceMs - (performance.now() - beganAt)
      if (leftMs <= 0) throw notAnswered()
      await Promise.race([...answers, new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, LOOK_MS)))])
    }
  }

  /** A renewal that failed may have been done all the same. Inside the grace the token is sent again to find out. */
  function repeatLater(start: SignIn): void {
    const signIn = store.current
    const delayMs = signIn && isSame(start, signIn) && repeatDelayMs(signIn, sent?.lastAtMs)
    if (typeof delayMs !== 'number') return
    const timer: unknown = setTimeout(() => {
      const latest = store.current
      if (latest && isSame(start, latest) && isInWindow(latest)) now(latest).catch(() => {})
    }, delayMs)
    ;(timer as { unref?: () => void }).unref?.()
  }

  function now(signIn: SignIn): Promise<void> {
    const { name, renewals, refreshToken } = signIn
    if (isSame(running, signIn)) return running.work
    const route = routes.to(signIn)
    if (!route || refreshToken === undefined) return Promise.resolve()
    const renewed = underLock(lock, (hasLock) => work(signIn, (latest) => send(latest, route, refreshToken), hasLock))
      .catch((error: Error) => {
        failure = { name, renewals, atMs: isSame(sent, signIn) ? sent.lastAtMs : Date.now(), error }
        repeatLater(signIn)
        throw error
      })
      .finally(() => {
        if (running?.work === renewed) running = undefined
      })
    running = { name, renewals, work: renewed }
    return renewed
  }

  /** A good token need not be renewed: its calls go on when the renewal is slow or fails. */
  function untilRenewed(signIn: SignIn): Promise<void> | undefined {
    if (signIn.refreshToken === undefined || !routes.to(signIn)) return undefined
    const isGood = !isOver(signIn)
    if (isPaused(signIn) && !isSame(running, signIn)) {
      return isGood ? undefined : Promise.reject(failure?.error)
    }
    if (isGood && !isSame(running, signIn) && !(isDue(signIn) && maySend(signIn, true))) return undefined
    const waiting = withTimeout(now(signIn), isGood ? GOOD_WAIT_MS : EXPIRED_WAIT_MS, notAnswered())
    return waiting.catch((error: unknown) => {
      if (isOver(signIn) && store.name === signIn.name) throw error
    })
  }

  return {
    beforeSending: () => (store.current ? untilRenewed(store.current) : undefined),
    afterRejection(signIn) {
      rejected = signIn.token
      return isPaused(signIn) ? undefined : untilRenewed(signIn)
    },
    now,
  }
}

function isSame<A extends Attempt>(attempt: A | undefined, { name, renewals }: SignIn): attempt is A {
  return attempt !== undefined && attempt.name === name && attempt.renewals === renewals
}

function notAnswered(): Error {
  return new TRPCClientError('The renewal was not answered in time')
}
