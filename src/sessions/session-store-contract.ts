import type { NewSession, SessionStore } from './session-store.ts'

/** One case of the `SessionStore` contract. */
export interface SessionStoreCase {
  /** What a store must do. */
  name: string
  /** Resolves if the store does it; otherwise rejects with what the store did. Its sessions expire within a minute. */
  run: (store: SessionStore) => Promise<void>
}

/**
 * The cases that every `SessionStore` must pass, for any test runner. Names of sessions and subjects are random, so cases may
 * run concurrently, and on a store that is in use.
 *
 * @example
 * ```ts
 * for (const { name, run } of sessionStoreContract) test(name, () => run(store))
 * ```
 */
export const sessionStoreContract: readonly SessionStoreCase[] = [
  {
    name: 'knows a session that was started, and no other',
    run: async (store) => {
      const { sid } = await start(store)
      equal(await store.isLive(sid), true, 'isLive of a session that was started')
      equal(await store.isLive(random()), false, 'isLive of a session that was never started')
    },
  },
  {
    name: 'ends a session at its `expiresAt`',
    run: async (store) => {
      const { sid } = await start(store, { expiresAt: new Date(Date.now() + 1_000) })
      equal(await store.isLive(sid), true, 'isLive before the end')
      await sleep(1_300)
      equal(await store.isLive(sid), false, 'isLive after the end')
      equal(await store.rotate(sid, 0, 10), 'ended', 'rotate after the end')
    },
  },
  {
    name: 'ends a session, and accepts ending it again',
    run: async (store) => {
      const { sid } = await start(store)
      await store.end(sid)
      await store.end(sid)
      await store.end(random())
      equal(await store.isLive(sid), false, 'isLive of a session that was ended')
      equal(await store.rotate(sid, 0, 10), 'ended', 'rotate of a session that was ended')
      equal(await store.rotate(random(), 0, 10), 'ended', 'rotate of a session that was never started')
    },
  },
  {
    name: 'ends all sessions of a subject except the one named, and of no other subject',
    run: async (store) => {
      const sub = `${random()} {ü} "'\\ :*`
      const [one, two, kept] = [await start(store, { sub }), await start(store, { sub }), await start(store, { sub })]
      const other = await start(store)
      await store.endAll(sub, kept.sid)
      const live = await Promise.all([one, two, kept, other].map(({ sid }) => store.isLive(sid)))
      equal(live, [false, false, true, true], 'isLive after endAll with an exception')
      await store.endAll(sub)
      equal(await store.isLive(kept.sid), false, 'isLive after endAll')
      const next = await start(store, { sub })
      equal(await store.isLive(next.sid), true, 'isLive of a session started right after endAll')
    },
  },
  {
    name: 'rotates one generation at a time',
    run: async (store) => {
      const { sid } = await start(store)
      equal(await store.rotate(sid, 0, 0), { generation: 1 }, 'rotate of generation 0')
      equal(await store.rotate(sid, 1, 0), { generation: 2 }, 'rotate of generation 1')
      equal(await store.isLive(sid), true, 'isLive after rotations')
    },
  },
  {
    name: 'returns the current generation for the previous and the current one, within the grace',
    run: async (store) => {
      const { sid } = await start(store)
      equal(await store.rotate(sid, 0, 30), { generation: 1 }, 'the first rotate')
      equal(await store.rotate(sid, 0, 30), { generation: 1 }, 'rotate of the previous generation within the grace')
      equal(await store.rotate(sid, 1, 30), { generation: 1 }, 'rotate of the current generation within the grace')
      equal(await store.rotate(sid, 0, 30), { generation: 1 }, 'rotate of the previous generation, once more')
      equal(await store.isLive(sid), true, 'isLive after all of these')
    },
  },
  {
    name: 'rotates the current generation after the grace, and treats the previous one as reuse',
    run: async (store) => {
      const [honest, stolen] = [await start(store), await start(store)]
      await Promise.all([store.rotate(honest.sid, 0, 1), store.rotate(stolen.sid, 0, 1)])
      await sleep(1_300)
      equal(await store.rotate(honest.sid, 1, 1), { generation: 2 }, 'rotate of the current generation after the grace')
      equal(await store.rotate(stolen.sid, 0, 1), 'reused', 'rotate of the previous generation after the grace')
      equal(await store.isLive(stolen.sid), false, 'isLive after reuse')
      equal(await store.rotate(stolen.sid, 1, 1), 'ended', 'rotate after reuse')
    },
  },
  {
    name: 'treats every other generation as reuse, at any time',
    run: async (store) => {
      const [old, future] = [await start(store), await start(store)]
      await store.rotate(old.sid, 0, 0)
      await store.rotate(old.sid, 1, 0)
      equal(
        await store.rotate(old.sid, 0, 30),
        'reused',
        'rotate of the generation before the previous, within the grace',
      )
      equal(await store.rotate(future.sid, 1, 30), 'reused', 'rotate of a future generation')
      equal(await store.isLive(old.sid), false, 'isLive after reuse')
      equal(await store.isLive(future.sid), false, 'isLive after a future generation')
    },
  },
  {
    name: 'gives 50 concurrent rotations of one generation the same next one, within the grace',
    run: async (store) => {
      const { sid } = await start(store)
      const answers = await Promise.all(Array.from({ length: 50 }, () => store.rotate(sid, 0, 30)))
      equal(
        answers,
        answers.map(() => ({ generation: 1 })),
        'concurrent rotates with a grace',
      )
    },
  },
  {
    name: 'lets one of 50 concurrent rotations of one generation succeed without a grace, and ends the session',
    run: async (store) => {
      const { sid } = await start(store)
      const answers = await Promise.all(Array.from({ length: 50 }, () => store.rotate(sid, 0, 0)))
      const successes = answers.filter((answer) => typeof answer === 'object')
      equal(successes, [{ generation: 1 }], 'the successes of concurrent rotates without a grace')
      equal(answers.filter((answer) => answer === 'reused').length, 1, 'how often reuse was detected')
      equal(await store.isLive(sid), false, 'isLive after the concurrent rotates')
    },
  },
]

async function start(store: SessionStore, session: Partial<NewSession> = {}): Promise<NewSession> {
  const started = { sid: random(), sub: random(), expiresAt: new Date(Date.now() + 60_000), ...session }
  await store.start(started)
  return started
}

const random = (): string => crypto.randomUUID()

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

function equal(actual: unknown, expected: unknown, what: string): void {
  const [got, wanted] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (got !== wanted) throw new Error(`${what}: wanted ${wanted}, got ${got}`)
}
