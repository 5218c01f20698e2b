import { isObservable, observable, type Observable } from '@trpc/server/observable'

/** Ends a stream with an error. */
export type EndWith = (error: unknown) => void

/** Watches over a stream. */
export interface StreamWatch {
  /** Called before each event. The event waits for the promise, if there is one. */
  beforeEvent(): Promise<void> | undefined
  stop(): void
}

/** Starts to watch over a stream. */
export type Watch = (end: EndWith) => StreamWatch

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
    const watching = watch((error) => {
      ended = { error }
      step?.fail(error)
    })
    // A generator that waits for an event handles `return()` only after that event, so leaving must end the wait.
    const leave = () => step?.finish({ done: true, value: undefined })
    signal?.addEventListener('abort', leave)
    async function nextEvent(): Promise<IteratorResult<unknown>> {
      const result = await iterator.next()
      if (!result.done) await watching.beforeEvent()
      return result
    }
    try {
      for (;;) {
        const result = await new Promise<IteratorResult<unknown>>((finish, fail) => {
          step = { finish, fail }
          if (ended) fail(ended.error)
          else if (signal?.aborted) leave()
          else nextEvent().then(finish, fail)
        })
        if (result.done) return result.value
        yield result.value
      }
    } finally {
      signal?.removeEventListener('abort', leave)
      watching.stop()
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
    const watching = watch((error) => observer.error(error))
    const inOrder = createOrder(() => watching.beforeEvent())
    try {
      const subscription = source.subscribe({
        next: (event) => inOrder(() => observer.next(event)),
        error: (error) => inOrder(() => observer.error(error)),
        complete: () => inOrder(() => observer.complete()),
      })
      return () => {
        watching.stop()
        subscription.unsubscribe()
      }
    } catch (error) {
      watching.stop()
      throw error
    }
  })
}

/** Delivers what an observable emits: at once, or in its order after what `wait` returns. */
function createOrder(wait: () => Promise<void> | undefined): (deliver: () => void) => void {
  let last: Promise<void> | undefined
  return (deliver) => {
    const before = last ? last.then(wait) : wait()
    if (!before) return deliver()
    const delivery = before
      .then(deliver)
      .catch(() => {}) // an observer that throws has nobody to tell
      .finally(() => {
        if (last === delivery) last = undefined
      })
    last = delivery
  }
}

const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value
