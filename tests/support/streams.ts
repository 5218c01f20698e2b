import { initTRPC } from '@trpc/server'
import { isObservable, observable } from '@trpc/server/observable'
import { createJwtTrivial, memorySessions, type BearerContext, type JwtTrivialOptions } from 'trpc-jwt-trivial'

import { PASSPHRASE } from './mint.ts'

/** Streams of each kind in process, and how often their sources were let go. */
export function createStreams(options: Pick<JwtTrivialOptions, 'clock' | 'retfunc'> & { cacheSeconds?: number } = {}) {
  const { cacheSeconds, ...rest } = options
  const store = memorySessions()
  const jwt = createJwtTrivial({
    passphrase: PASSPHRASE,
    authorise: () => ({ sub: 'ann' }),
    ...(cacheSeconds !== undefined && { sessions: { store, cacheSeconds, reauthorise: () => true } }),
    ...rest,
  })
  const t = initTRPC.context<BearerContext>().create()
  const released = { count: 0 }
  async function* ticks() {
    try {
      for (let n = 0; ; n += 1) {
        yield n
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    } finally {
      released.count += 1
    }
  }
  async function* idle() {
    try {
      yield 0
      await new Promise(() => {})
    } finally {
      released.count += 1
    }
  }
  const watched = () =>
    observable<number>((observer) => {
      const timer = setInterval(() => observer.next(1), 50)
      return () => {
        clearInterval(timer)
        released.count += 1
      }
    })
  const router = t.router({
    ticks: jwt.protectedProcedure.subscription(ticks),
    idle: jwt.protectedProcedure.subscription(idle),
    observed: jwt.protectedProcedure.subscription(watched),
    optional: jwt.protect({ optional: true }).subscription(ticks),
  })
  return { jwt, store, router, released }
}

/** Reads a stream to its end, and gives the error that it ends in. */
export function endOf(stream: unknown): Promise<unknown> {
  if (isObservable(stream)) {
    return new Promise((resolve) => stream.subscribe({ error: resolve, complete: () => resolve('complete') }))
  }
  return readAll(stream as AsyncIterable<unknown>)
}

async function readAll(stream: AsyncIterable<unknown>): Promise<unknown> {
  try {
    for await (const _ of stream);
    return 'complete'
  } catch (error) {
    return error
  }
}
