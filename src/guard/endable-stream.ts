import { isObservable, observable, type Observable } from '@trpc/server/observable'

/** Ends a stream with an error. */
export type EndWith = (error: unknown) => void

/** Starts to watch over a stream. Returns a function that stops. */
export type Watch = (end: EndWith) => () => void

/** Returns a stream of the same events, which `watch` can end. Anything that is not a stream is returned unchanged. */
export function endableStream(stream: unknown, watch: Watch, signal: AbortSignal | undefined): unknown {
  if (isObservable(stream)) return endableObservable(stream, watch)
  if (isAsyncIterable(stream)) return endableIterable(stream, watch, signal)
  return stream
}

/**
 * Each step is a promise of its own, which the end, the caller's leaving or the next event settles. `Promise.race` with one
 * long-lived promise would keep a reaction for every event until the stream ends.
 */
function endableIterable(
  source: AsyncIterable<unknown>,
  watch: Watch,
  signal: AbortSignal | undefined,
): AsyncGenerator {
  let started = false

  async function* read(): AsyncGenerator {
    started = true
    const iterator = source[Symbol.asyncIterator]()
    let ended: { error: unknown } | undefined
    let step: { finish(result: IteratorResult<unknown>): void; fail: EndWith } | undefined
    const unwatch = watch((error) => {
      ended = { error }
      step?.fail(error)
    })
    // A generator that waits for an event handles `return()` only after that event, so leaving must end the wait.
    const leave = () => step?.finish({ done: true, value: undefined })
    signal?.addEventListener('abort', leave)
    try {
      for (;;) {
        const result = await new Promise<IteratorResult<unknown>>((finish, fail) => {
          step = { finish, fail }
          if (ended) fail(ended.error)
          else if (signal?.aborted) leave()
          else iterator.next().then(finish, fail)
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
  // A generator that has not started does not run its `finally`.
  stream.return = (value) => {
    if (!started) release(source[Symbol.asyncIterator]())
    started = true
    return finish(value)
  }
  return stream
}

/** Not awaited: a generator that waits for an event handles `return()` only after that event. */
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
