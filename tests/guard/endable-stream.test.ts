import { observable } from '@trpc/server/observable'
import { describe, expect, test, vi } from 'vitest'

import { endableStream, type EndWith } from '../../src/guard/endable-stream.ts'

/** An observable that a test emits by hand, under a watch whose first event waits until `release` is called. */
function heldObservable(onNext: (n: number) => void = () => {}) {
  let [end, release]: [EndWith, () => void] = [() => {}, () => {}]
  let gate: Promise<void> | undefined = new Promise((resolve) => (release = resolve))
  const source = { next: (_n: number) => {}, complete: () => {}, error: (_error: unknown) => {} }
  const stop = vi.fn<() => void>()
  const stream = endableStream(
    observable<number>((observer) => void Object.assign(source, observer)),
    (endWith) => {
      end = endWith
      return {
        beforeEvent() {
          const first = gate
          gate = undefined
          return first
        },
        stop,
      }
    },
    undefined,
  ) as ReturnType<typeof observable<number>>
  const seen: unknown[] = []
  stream.subscribe({
    next: (n) => (seen.push(n), onNext(n)),
    error: (error) => seen.push(error),
    complete: () => seen.push('complete'),
  })
  return { source, seen, stop, release, end: (error: unknown) => end(error) }
}

describe('an observable whose event has to wait', () => {
  test('emits in order what comes meanwhile, its own end too', async () => {
    const { source, seen, release } = heldObservable()
    source.next(1)
    source.next(2)
    source.complete()
    expect(seen).toEqual([])
    release()

    await expect.poll(() => seen).toEqual([1, 2, 'complete'])
  })

  test('emits nothing more if it was ended meanwhile', async () => {
    const { source, seen, release, end, stop } = heldObservable()
    source.next(1)
    end('over')
    source.next(2)
    release()
    await new Promise((resolve) => setTimeout(resolve))

    expect([seen, stop.mock.calls.length]).toEqual([['over'], 1])
  })

  test('emits the next event also if its observer threw at this one', async () => {
    const { source, seen, release } = heldObservable((n) => {
      if (n === 1) throw new Error('an observer that fails')
    })
    source.next(1)
    source.next(2)
    release()

    await expect.poll(() => seen).toEqual([1, 2])
  })
})
