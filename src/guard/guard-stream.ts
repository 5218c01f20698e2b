import type { JWTPayload } from 'jose'

import type { Bearer } from '../bearer/create-context.ts'
import { JwtRejection } from '../outcome/rejection.ts'
import { identityOf, type Reporter } from '../outcome/report-outcome.ts'
import { MAX_TIMER_MS } from '../time/timers.ts'
import { endableStream, type EndWith } from './endable-stream.ts'
import type { CallGuard } from './guard-call.ts'
import type { Requirements } from './requirements.ts'

/** How long a stream goes on at most between two look-ups of its session, and at least. */
const MAX_SESSION_CHECK_SECONDS = 30
const MIN_SESSION_CHECK_SECONDS = 1

/** The call that opened a stream. */
export interface StreamCall {
  readonly bearer: Bearer
  /** The payload that the call was admitted with. The bearer of a WebSocket may have another token when the stream starts. */
  readonly payload: JWTPayload
  readonly required: Requirements
  readonly path: string
  /** Aborted when the caller leaves. */
  readonly signal: AbortSignal | undefined
}

/** Returns a stream of the same events, which ends in UNAUTHORIZED when the token or the session of its call ends. */
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
  const { callGuard, reporter, clockToleranceSeconds, nowSeconds } = dependencies
  const sessionCheckSeconds = secondsBetweenSessionChecks(dependencies.cacheSeconds)

  /** Rechecks when the token expires, when the session is due for a look-up, and when the bearer is replaced. */
  function watch({ bearer, payload: admitted, required, path }: StreamCall, end: EndWith): () => void {
    const stillRequired = { ...required, maxAgeSeconds: undefined }
    let timer: ReturnType<typeof setTimeout> | undefined
    let stopped = false

    async function recheck(withSession: boolean): Promise<void> {
      try {
        const payload = await callGuard.recheck(bearer, stillRequired, withSession)
        if (!isSameSignIn(admitted, payload)) throw new JwtRejection('revoked')
        if (!stopped) schedule(payload.exp)
      } catch (error) {
        if (stopped) return
        stop()
        const rejection = bearer.status === 'present' ? error : new JwtRejection('revoked')
        throw reporter.reject(rejection, { path, ...identityOf(admitted) })
      }
    }

    function schedule(exp = Number.POSITIVE_INFINITY): void {
      const seconds = Math.max(Math.min(exp + clockToleranceSeconds - nowSeconds(), sessionCheckSeconds), 0)
      clearTimeout(timer)
      // One millisecond more: a timer may fire just before its time.
      timer = setTimeout(recheckAll, Math.min(seconds * 1_000 + 1, MAX_TIMER_MS))
    }

    function stop(): void {
      stopped = true
      clearTimeout(timer)
      stopListening?.()
    }

    const recheckAll = (): void => void recheck(true).catch(end)
    const stopListening = bearer.connection?.onBearerReplaced(recheckAll)
    recheck(false).catch(end)
    return stop
  }

  return (stream, call) => endableStream(stream, (end) => watch(call, end), call.signal)
}

function secondsBetweenSessionChecks(cacheSeconds: number | undefined): number {
  if (cacheSeconds === undefined) return Number.POSITIVE_INFINITY
  if (cacheSeconds === 0) return MAX_SESSION_CHECK_SECONDS
  return Math.min(Math.max(cacheSeconds, MIN_SESSION_CHECK_SECONDS), MAX_SESSION_CHECK_SECONDS)
}

/** With sessions, a session is one sign-in; without sessions, a subject is. */
const isSameSignIn = (one: JWTPayload, other: JWTPayload): boolean =>
  one['sid'] === other['sid'] && one.sub === other.sub
