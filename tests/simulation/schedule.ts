import * as fc from 'fast-check'

import type { LockMode } from './locks.ts'
import type { Fate } from './network.ts'
import { FUTURE } from './odd-texts.ts'
import type { StorageMode } from './storage.ts'
import type { Wiring } from './tab.ts'

export type User = 'ann' | 'bob'

/** What somebody does, or what befalls them. `tab` counts from 0, and again from 0 after the last. */
export type Action =
  | {
      readonly do: 'sign in'
      readonly tab: number
      readonly user: User
      readonly over: 'http' | 'socket'
      readonly fate: Fate
    }
  | { readonly do: 'revoke'; readonly tab: number; readonly over: 'http' | 'socket'; readonly fate: Fate }
  | { readonly do: 'sign out'; readonly tab: number }
  | {
      readonly do: 'call'
      readonly tab: number
      readonly path: 'look' | 'act' | 'anyoneLook' | 'anyoneAct'
      readonly over: 'http' | 'socket' | 'other'
      readonly fate: Fate
    }
  | {
      readonly do: 'subscribe'
      readonly tab: number
      readonly path: 'feed' | 'anyoneFeed'
      readonly over: 'http' | 'socket'
      readonly fate: Fate
    }
  | {
      readonly do: 'keep calling'
      readonly tab: number
      readonly every: number
      readonly times: number
      readonly fate: Fate
    }
  | { readonly do: 'unsubscribe'; readonly tab: number }
  | { readonly do: 'end sessions' | 'change role'; readonly user: User }
  | { readonly do: 'hide' | 'freeze'; readonly tab: number; readonly ms: number }
  | { readonly do: 'close' | 'reload'; readonly tab: number }
  | { readonly do: 'lose network' | 'fail store'; readonly ms: number }
  | { readonly do: 'write'; readonly text: number }
  | { readonly do: 'move server clock' | 'move device clock'; readonly ms: number }
  | { readonly do: 'wait' }

/** All that is not the client's to decide. */
export interface Schedule {
  readonly seed: number
  readonly tabs: readonly Wiring[]
  readonly storage: StorageMode
  readonly locks: LockMode
  readonly lifetimeSeconds: number
  readonly latencyMs: number
  /** The fates of requests that the client makes for itself, one after the other, and from the first one again. */
  readonly weather: readonly Fate[]
  readonly actions: readonly { readonly after: number; readonly action: Action }[]
}

const among = <const T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)
const often = <T>(weight: number, arbitrary: fc.Arbitrary<T>): fc.WeightedArbitrary<T> => ({ weight, arbitrary })
const upTo = (max: number, min = 0): fc.Arbitrary<number> => fc.integer({ min, max })

const tab = upTo(3)
const user = among<User>('ann', 'bob')
const over = fc.oneof(often(3, fc.constant('http' as const)), often(1, fc.constant('socket' as const)))
const delay = fc.oneof(often(6, upTo(50)), often(2, upTo(2_000)), often(1, upTo(12_000)))

/** Some texts more often: entries of a time that no device has reached. */
const texts = fc.oneof(often(3, upTo(27)), often(1, among(...FUTURE)))

const fates: fc.Arbitrary<Fate> = fc.record({
  out: fc.oneof(often(8, upTo(50)), often(2, upTo(1_900)), often(1, upTo(12_000))),
  back: delay,
  loss: fc.oneof(
    often(14, fc.constant('none' as const)),
    often(5, among('request', 'answer', 'silent request', 'silent answer', 'busy before', 'busy after')),
  ),
})

const actions: fc.Arbitrary<Action> = fc.oneof(
  { withCrossShrink: true },
  often(4, fc.constant({ do: 'wait' as const })),
  often(6, fc.record({ do: fc.constant('sign in' as const), tab, user, over, fate: fates })),
  often(2, fc.record({ do: fc.constant('revoke' as const), tab, over, fate: fates })),
  often(1, fc.record({ do: fc.constant('sign out' as const), tab })),
  often(
    10,
    fc.record({
      do: fc.constant('call' as const),
      tab,
      path: among('look', 'act', 'anyoneLook', 'anyoneAct'),
      over: fc.oneof(often(3, over), often(1, fc.constant('other' as const))),
      fate: fates,
    }),
  ),
  often(
    3,
    fc.record({ do: fc.constant('subscribe' as const), tab, path: among('feed', 'anyoneFeed'), over, fate: fates }),
  ),
  often(
    2,
    fc.record({
      do: fc.constant('keep calling' as const),
      tab,
      every: upTo(8_000, 500),
      times: upTo(12, 2),
      fate: fates,
    }),
  ),
  often(1, fc.record({ do: fc.constant('unsubscribe' as const), tab })),
  often(1, fc.record({ do: among('end sessions', 'change role'), user })),
  often(2, fc.record({ do: among('hide', 'freeze'), tab, ms: upTo(30_000) })),
  often(2, fc.record({ do: among('reload', 'close'), tab })),
  often(1, fc.record({ do: among('lose network', 'fail store'), ms: upTo(20_000) })),
  often(1, fc.record({ do: fc.constant('write' as const), text: texts })),
  often(1, fc.record({ do: among('move server clock', 'move device clock'), ms: upTo(20_000, -20_000) })),
)

const fine = fc.record({ out: upTo(50), back: upTo(50), loss: fc.constant('none' as const) })
const renewals: fc.Arbitrary<Action> = fc.oneof(
  often(
    1,
    fc.record({ do: fc.constant('sign in' as const), tab, user, over: fc.constant('http' as const), fate: fine }),
  ),
  often(
    3,
    fc.record({
      do: fc.constant('keep calling' as const),
      tab,
      every: upTo(8_000, 500),
      times: upTo(12, 2),
      fate: fine,
    }),
  ),
)

const after = fc.oneof(
  often(2, fc.constant(0)),
  often(3, upTo(60)),
  often(3, upTo(2_000)),
  often(2, upTo(10_000)),
  often(1, upTo(60_000)),
)

const storms: fc.Arbitrary<Fate> = fc.record({
  out: upTo(1_900),
  back: delay,
  loss: among('request', 'answer', 'silent request', 'silent answer', 'busy before', 'busy after'),
})
const skies = (arbitrary: fc.Arbitrary<Fate>): fc.Arbitrary<Fate[]> =>
  fc.array(arbitrary, { minLength: 1, maxLength: 6 })

interface Drawn {
  readonly most: number
  readonly action: fc.Arbitrary<Action>
  readonly after: fc.Arbitrary<number>
  readonly weather: fc.Arbitrary<Fate[]>
}

const schedulesOf = ({ most, action, after: pause, weather }: Drawn): fc.Arbitrary<Schedule> =>
  fc.record({
    seed: upTo(2 ** 31 - 1),
    tabs: fc.array(
      fc.record({
        http: among('single', 'single', 'batch', 'batch', 'stream'),
        socket: among('none', 'lazy', 'eager'),
      }),
      {
        minLength: 1,
        maxLength: 4,
      },
    ),
    storage: fc.record({
      kind: fc.oneof(
        often(8, fc.constant('sync' as const)),
        often(3, fc.constant('async' as const)),
        often(1, among('full', 'throws', 'silent')),
      ),
      lag: among(1, 30, 300),
      events: among('prompt', 'late', 'twice', 'never'),
    }),
    locks: fc.oneof(often(3, fc.constant('real' as const)), often(2, among('absent', 'silent'))),
    lifetimeSeconds: among(20, 60, 90),
    latencyMs: among(5, 300),
    weather,
    actions: fc.array(fc.record({ after: pause, action }), { minLength: 1, maxLength: most, size: 'max' }),
  })

/** Draws schedules of at most so many actions. Some are about renewals that fail while a tab keeps calling. */
export const schedules = (most: number): fc.Arbitrary<Schedule> =>
  fc.oneof(
    often(
      4,
      schedulesOf({ most, action: actions, after, weather: fc.oneof(often(3, skies(fates)), often(1, skies(storms))) }),
    ),
    often(1, schedulesOf({ most: 6, action: renewals, after: upTo(40_000), weather: skies(storms) })),
  )
