import type { memorySessions } from '../../src/index.ts'
import type { Clock } from './clock.ts'
import type { Trace } from './trace.ts'

type Store = ReturnType<typeof memorySessions>

/** A store that can fail, and whose changes are written down. */
export interface ObservedStore {
  readonly store: Store
  failing: boolean
  /** Says which call the next session of a user belongs to. */
  expect(user: string, n: number): void
}

/** Writes down what happens in a store. */
export function observeStore({ clock, trace }: { clock: Clock; trace: Trace }, store: Store): ObservedStore {
  const expected: { user: string; n: number }[] = []
  const started = new Map<string, string>()

  function end(sid: string, by: string): void {
    if (started.delete(sid)) trace.endings.push({ at: clock.elapsed, sid, by })
  }
  function observe<Args extends unknown[], Result>(
    work: (...args: Args) => Promise<Result>,
    note: (args: Args, result: Result) => void,
  ): (...args: Args) => Promise<Result> {
    return async (...args) => {
      if (observed.failing) throw new Error('The store is down')
      const result = await work(...args)
      note(args, result)
      return result
    }
  }

  const observed: ObservedStore = {
    failing: false,
    expect: (user, n) => expected.push({ user, n }),
    store: {
      ...store,
      async start(session) {
        const place = expected.findIndex(({ user }) => user === session.sub)
        const [call] = place === -1 ? [] : expected.splice(place, 1)
        if (observed.failing) throw new Error('The store is down')
        await store.start(session)
        started.set(session.sid, session.sub)
        trace.starts.push({ n: call?.n, sid: session.sid, sub: session.sub })
      },
      isLive: observe(
        (...args: Parameters<Store['isLive']>) => store.isLive(...args),
        () => {},
      ),
      rotate: observe(
        (...args: Parameters<Store['rotate']>) => store.rotate(...args),
        ([session, generation], result) => {
          const sid = nameOf(session)
          const next = typeof result === 'string' ? result : result.generation
          trace.rotations.push({ at: clock.elapsed, sid, generation, result: next })
          if (result === 'reused') end(sid, 'reuse')
        },
      ),
      end: observe(
        (...args: Parameters<Store['end']>) => store.end(...args),
        ([session]) => end(nameOf(session), 'end'),
      ),
      endAll: observe(
        (...args: Parameters<Store['endAll']>) => store.endAll(...args),
        ([sub, except]) => {
          for (const [sid, user] of started) if (user === sub && sid !== except) end(sid, 'end of all')
        },
      ),
    },
  }
  return observed
}

const nameOf = (session: string | { sid: string }): string => (typeof session === 'string' ? session : session.sid)
