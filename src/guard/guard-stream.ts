import type { JWTPayload } from 'jose'
import { isObservable, observable, type Observable } from '@trpc/server/observable'

import type { Bearer } from '../bearer/create-context.ts'
import { LONGEST_TIMER } from '../time/duration.ts'
import type { CallGuard } from './guard-call.ts'
import { identityOf, type Reporter } from '../outcome/report.ts'
import { JwtRejection } from '../outcome/rejection.ts'
import type { Requirements } from './requirements.ts'

/** How often a stream asks for its session at least, in seconds. */
const LONGEST_UNASKED = 30
/** How often at most, in seconds. */
const SHORTEST_UNASKED = 1

/** Whose stream it is, and what it was opened with. */
export interface StreamOwner {
  readonly bearer: Bearer
  /** What the bearer carried then: a WebSocket's may have come to carry another's before the stream begins. */
  readonly payload: JWTPayload
  readonly requirements: Requirements
  readonly path: string
  /** Aborted when the caller leaves. */
  readonly signal: AbortSignal | undefined
}

/** Ends streams. */
export interface StreamGuard {
  /** The same stream, but that it ends in UNAUTHORIZED as soon as its owner's token or session does. */
  keep(stream: unknown, owner: StreamOwner): unknown
}

interface Dependencies {
  readonly gate: CallGuard
  readonly reporter: Reporter
  /** How long a live session is believed, in seconds; undefined without sessions. */
  readonly cacheSeconds: number | undefined
  readonly clockTolerance: number
  readonly now: () => number
}

type End = (error: unknown) => void

/** Makes the keeper of an instance. A stream looks again by the same checks as a call. */
export function createStreamGuard({ gate, reporter, cacheSeconds, clockTolerance, now }: Dependencies): StreamGuard {
  const askEvery =
    cacheSeconds === undefined
      ? Number.POSITIVE_INFINITY
      : Math.min(Math.max(cacheSeconds || LONGEST_UNASKED, SHORTEST_UNASKED), LONGEST_UNASKED)

  /** Looks again when the token should have ended, when it is time to ask for the session, and when the bearer was rebound. */
  function watch({ bearer, payload: first, requirements, path }: StreamOwner, end: End): () => void {
    const demands = { ...requirements, maxAge: undefined }
    let timer: ReturnType<typeof setTimeout> | undefined
    let stopped = false

    async function look(ask: boolean): Promise<void> {
      try {
        const payload = await gate.recheck(bearer, demands, ask)
        if (!isSameSignIn(first, payload)) throw new JwtRejection('revoked')
        if (stopped) return
        const left = (payload.exp ?? Number.POSITIVE_INFINITY) + clockTolerance - now()
        clearTimeout(timer)
        timer = setTimeout(lookAgain, Math.min(Math.max(Math.min(left, askEvery), 0) * 1_000 + 1, LONGEST_TIMER))
      } catch (error) {
        if (stopped) return
        stop()
        const rejection = bearer.status === 'present' ? error : new JwtRejection('revoked')
        throw reporter.refuse(rejection, { path, ...identityOf(first) })
      }
    }

    function stop(): void {
      stopped = true
      clearTimeout(timer)
      forget?.()
    }

    const lookAgain = (): void => void look(true).catch(end)
    const forget = bearer.connection?.onRebind(lookAgain)
    look(false).catch(end)
    return stop
  }

  return {
    keep(stream, owner) {
      if (isObservable(stream)) return endableObservable(stream, (end) => watch(owner, end))
      if (isAsyncIterable(stream)) return endableIterable(stream, (end) => watch(owner, end), owner.signal)
      return stream
    },
  }
}

/** A session is one sign-in; without sessions a subject is. */
const isSameSignIn = (one: JWTPayload, other: JWTPayload): boolean =>
  one['sid'] === other['sid'] && one.sub === other.sub

type Watch = (end: End) => () => void

function endableIterable(
  source: AsyncIterable<unknown>,
  watch: Watch,
  signal: AbortSignal | undefined,
): AsyncGenerator {
  let begun = false

  async function* read(): AsyncGenerator {
    begun = true
    const iterator = source[Symbol.asyncIterator]()
    let ended: { error: unknown } | undefined
    let waiting: { end(result: IteratorResult<unknown>): void; fail: End } | undefined
    const unwatch = watch((error) => {
      ended = { error }
      waiting?.fail(error)
    })
    // tRPC leaves a stream that waits for its next event only once that has come.
    const leave = () => waiting?.end({ done: true, value: undefined })
    signal?.addEventListener('abort', leave)
    try {
      for (;;) {
        const result = await new Promise<IteratorResult<unknown>>((end, fail) => {
          waiting = { end, fail }
          if (ended) fail(ended.error)
          else if (signal?.aborted) leave()
          else iterator.next().then(end, fail)
        })
        if (result.done) return result.value
        yield result.value
      }
    } finally {
      signal?.removeEventListener('abort', leave)
      unwatch()
      release(iterator)
    }
  }

  const stream = read()
  const finish = stream.return.bind(stream)
  // A generator that has not begun runs no `finally`.
  stream.return = (value) => {
    if (!begun) release(source[Symbol.asyncIterator]())
    begun = true
    return finish(value)
  }
  return stream
}

/** Not awaited: a generator that waits for its next event returns only once that has come. */
function release(iterator: AsyncIterator<unknown>): void {
  void (async () => iterator.return?.())().catch(() => {})
}

function endableObservable(source: Observable<unknown, unknown>, watch: Watch): Observable<unknown, unknown> {
  return observable((observer) => {
    const subscription = source.subscribe(observer)
    const unwatch = watch((error) => observer.error(error))
    return () => {
      unwatch()
      subscription.unsubscribe()
    }
  })
}

const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value
