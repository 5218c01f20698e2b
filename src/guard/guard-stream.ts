import type { Bearer } from '../bearer/create-context.ts'
import type { ParsedBearer } from '../bearer/parse-bearer.ts'
import { JwtRejection } from '../outcome/rejection.ts'
import { identityOf, type Reporter } from '../outcome/report-outcome.ts'
import { MAX_TIMER_MS } from '../time/timers.ts'
import type { VerifiedToken } from '../verify/token-cache.ts'
import { endableStream, type EndWith, type StreamWatch } from './endable-stream.ts'
import type { CallGuard } from './guard-call.ts'
import type { Requirements } from './requirements.ts'
import { checkSuccession } from './succession.ts'

/** How long a stream goes on at most between two look-ups of its session, and at least. */
const MAX_SESSION_CHECK_SECONDS = 30
const MIN_SESSION_CHECK_SECONDS = 1

/** The call that opened a stream. */
export interface StreamCall {
  readonly bearer: Bearer
  /** The token that the call was admitted with. The bearer of a WebSocket may have another token when the stream starts. */
  readonly token: VerifiedToken
  readonly required: Requirements
  readonly path: string
  /** Aborted when the caller leaves. */
  readonly signal: AbortSignal | undefined
}

/**
 * Returns a stream of the same events, which ends in UNAUTHORIZED when what its call was admitted with ends: the token, the
 * session, the sign-in, or the app's claims.
 */
export type StreamGuard = (stream: unknown, call: StreamCall) => unknown

interface Dependencies {
  readonly callGuard: CallGuard
  readonly reporter: Reporter
  /** How long a live session is cached; undefined without sessions. */
  readonly cacheSeconds: number | undefined
  readonly clockToleranceSeconds: number
  readonly nowSeconds: () => number
}

/** Makes the stream guard of an instance. It rechecks a stream with the checks that admit a call. */
export function createStreamGuard(dependencies: Dependencies): StreamGuard {
  const { callGuard, reporter, cacheSeconds, clockToleranceSeconds, nowSeconds } = dependencies
  const sessionCheckSeconds = secondsBetweenSessionChecks(cacheSeconds)

  /** Rechecks when the token expires, when the session is due for a look-up, and when the bearer is replaced. */
  function watch({ bearer, token: opened, required, path }: StreamCall, end: EndWith): StreamWatch {
    const stillRequired = { ...required, maxAgeSeconds: undefined }
    /** On a WebSocket, the bearer of the user who is signed in by now. */
    const currentBearer = (): ParsedBearer => bearer.connection?.bearer() ?? bearer
    let current = opened
    let timer: ReturnType<typeof setTimeout> | undefined
    let pending: Promise<void> | undefined
    let stopped = false

    /** If the bearer was replaced meanwhile, the result is ignored: the new token is rechecked too. */
    async function recheck(withSession: boolean): Promise<void> {
      const now = currentBearer()
      const isFormer = () => stopped || currentBearer().token !== now.token
      try {
        const token = await callGuard.verify(now)
        checkSuccession(opened, token)
        await callGuard.recheck(token, stillRequired, withSession)
        if (!isFormer()) continueWith(token)
      } catch (error) {
        if (isFormer()) return
        stop()
        const rejection = now.status === 'present' ? error : new JwtRejection('revoked')
        throw reporter.reject(rejection, { path, ...identityOf(opened.payload) })
      }
    }

    function continueWith(token: VerifiedToken): void {
      current = token
      bearer.connection?.scheduleReconnectNotice(token.payload, nowSeconds())
      const seconds = Math.max(Math.min(expiresAtSeconds() - nowSeconds(), sessionCheckSeconds), 0)
      clearTimeout(timer)
      // One millisecond more: a timer may fire just before its time.
      timer = setTimeout(() => void recheck(true).catch(end), Math.min(seconds * 1_000 + 1, MAX_TIMER_MS))
    }

    const expiresAtSeconds = () => (current.payload.exp ?? Number.POSITIVE_INFINITY) + clockToleranceSeconds

    /** Rechecks while the events wait. */
    function holdAndRecheck(): void {
      const work: Promise<void> = recheck(true)
        .catch(end)
        .finally(() => {
          if (pending === work) pending = undefined
        })
      pending = work
    }

    /** Another recheck may have begun meanwhile, and the token may have expired. */
    function beforeEvent(): Promise<void> | undefined {
      if (!pending && !stopped && !(nowSeconds() < expiresAtSeconds())) holdAndRecheck()
      return pending?.then(beforeEvent)
    }

    function stop(): void {
      stopped = true
      clearTimeout(timer)
      stopListening?.()
    }

    const stopListening = bearer.connection?.onBearerReplaced(holdAndRecheck)
    // A call may be admitted by a cached answer about its session, a stream may not.
    if (currentBearer().token === opened.text && !cacheSeconds) continueWith(opened)
    else holdAndRecheck()
    return { beforeEvent, stop }
  }

  return (stream, call) => endableStream(stream, (end) => watch(call, end), call.signal)
}

function secondsBetweenSessionChecks(cacheSeconds: number | undefined): number {
  if (cacheSeconds === undefined) return Number.POSITIVE_INFINITY
  if (cacheSeconds === 0) return MAX_SESSION_CHECK_SECONDS
  return Math.min(Math.max(cacheSeconds, MIN_SESSION_CHECK_SECONDS), MAX_SESSION_CHECK_SECONDS)
}
