import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { memorySessions, type NewSession, type SessionStore } from 'trpc-jwt-trivial'
import { sessionStoreContract } from 'trpc-jwt-trivial/testing'
import { describe, test } from 'vitest'

import { root } from '../support/pack.ts'
import { snippetsOf } from '../support/snippets.ts'

const YEAR = 31_536_000

/** What a store does wrong, what of it differs from a good one, and one of the cases that say so. */
interface Broken {
  does: string
  breaks: (good: SessionStore) => Partial<SessionStore>
  fails: string
  saying: string
}

const broken: Broken[] = [
  {
    does: 'lets in whom it does not know',
    breaks: () => ({ isLive: async () => true }),
    fails: 'knows a session that was started, and no other',
    saying: 'isLive of a session that was never started: wanted false, got true',
  },
  {
    does: 'answers nothing',
    breaks: () => ({ isLive: async () => undefined as unknown as boolean }),
    fails: 'knows a session that was started, and no other',
    saying: 'isLive of a session that was started: wanted true, got undefined',
  },
  {
    does: 'is out of order',
    breaks: () => ({ isLive: () => Promise.reject(new Error('Out of order')) }),
    fails: 'knows a session that was started, and no other',
    saying: 'Out of order',
  },
  {
    does: 'lets sessions go on past their end',
    breaks: (good) => ({
      start: (session) => good.start({ ...session, expiresAt: new Date(Date.now() + YEAR * 1_000) }),
    }),
    fails: 'ends a session at its `expiresAt`',
    saying: 'isLive after the end: wanted false, got true',
  },
  {
    does: 'minds ending a session twice',
    breaks: (good) => ({
      end: async (sid) => ((await good.isLive(sid)) ? good.end(sid) : Promise.reject(new Error('No such session'))),
    }),
    fails: 'ends a session, and accepts ending it again',
    saying: 'No such session',
  },
  {
    does: 'ends nothing',
    breaks: () => ({ end: async () => {} }),
    fails: 'ends a session, and accepts ending it again',
    saying: 'isLive of a session that was ended: wanted false, got true',
  },
  {
    does: 'ends the excepted session with the others',
    breaks: (good) => ({ endAll: (sub) => good.endAll(sub) }),
    fails: 'ends all sessions of a subject except the one named, and of no other subject',
    saying: 'isLive after endAll with an exception: wanted [false,false,true,true], got [false,false,false,true]',
  },
  {
    does: 'has no grace',
    breaks: (good) => ({ rotate: (sid, generation) => good.rotate(sid, generation, 0) }),
    fails: 'returns the current generation for the previous and the current one, within the grace',
    saying: 'rotate of the previous generation within the grace: wanted {"generation":1}, got "reused"',
  },
  {
    does: 'has a grace without an end',
    breaks: (good) => ({ rotate: (sid, generation) => good.rotate(sid, generation, YEAR) }),
    fails: 'rotates the current generation after the grace, and treats the previous one as reuse',
    saying: 'rotate of the current generation after the grace: wanted {"generation":2}, got {"generation":1}',
  },
  {
    does: 'forgives any old generation within the grace',
    breaks: (good) => ({
      rotate: async (sid, generation, grace) => {
        const older = grace > 0 && generation === 0 ? await good.rotate(sid, 1, grace) : 'reused'
        return older === 'reused' ? good.rotate(sid, generation, grace) : older
      },
    }),
    fails: 'treats every other generation as reuse, at any time',
    saying: 'rotate of the generation before the previous, within the grace: wanted "reused", got {"generation":2}',
  },
  {
    does: 'sees reuse, and lets the session go on',
    breaks: forgiving,
    fails: 'treats every other generation as reuse, at any time',
    saying: 'isLive after reuse: wanted false, got true',
  },
  {
    does: 'reads, decides, then writes',
    breaks: (good) => racing(good, 'overwrites'),
    fails: 'lets one of 50 concurrent rotations of one generation succeed without a grace, and ends the session',
    saying: 'the successes of concurrent rotates without a grace: wanted [{"generation":1}], got [{"generation":1},',
  },
  {
    does: 'takes an honest racer for a thief',
    breaks: (good) => racing(good, 'refuses'),
    fails: 'gives 50 concurrent rotations of one generation the same next one, within the grace',
    saying: '{"generation":1}], got [{"generation":1},"reused",',
  },
]

/** Answers as it should, and ends nothing. */
function forgiving(good: SessionStore): Partial<SessionStore> {
  const begun = new Map<string, NewSession>()
  return {
    start: (session) => {
      begun.set(session.sid, session)
      return good.start(session)
    },
    rotate: async (sid, generation, grace) => {
      const answer = await good.rotate(sid, generation, grace)
      const session = begun.get(sid)
      if (answer === 'reused' && session) await good.start(session)
      return answer
    },
  }
}

/** Looks, and acts a little later: by what it saw, or by refusing who saw what is no longer so. */
function racing(good: SessionStore, late: 'overwrites' | 'refuses'): Partial<SessionStore> {
  const sessions = new Map<string, { generation: number; rotatedAt: number }>()
  return {
    rotate: async (sid, asked, grace) => {
      const seen = sessions.get(sid) ?? { generation: 0, rotatedAt: 0 }
      await sleep(20)
      const stale = (sessions.get(sid) ?? seen).generation !== seen.generation
      if (late === 'refuses' && stale) return 'reused'
      const inGrace = Date.now() < seen.rotatedAt + grace * 1_000
      if (inGrace && [0, 1].includes(seen.generation - asked)) return { generation: seen.generation }
      if (seen.generation !== asked) {
        await good.end(sid)
        return 'reused'
      }
      sessions.set(sid, { generation: asked + 1, rotatedAt: Date.now() })
      return { generation: asked + 1 }
    },
  }
}

/** What the contract has against a store: the case, and its words. */
async function complaintsAbout(store: SessionStore): Promise<Record<string, string>> {
  const complaints: Record<string, string> = {}
  const judge = async ({ name, run }: (typeof sessionStoreContract)[number]) => {
    await run(store).catch((error: Error) => (complaints[name] = error.message))
  }
  await Promise.all(sessionStoreContract.map(judge))
  return complaints
}

describe('the contract of stores', { timeout: 10_000, concurrent: true }, () => {
  test('has nothing against a good store', async ({ expect }) => {
    expect(await complaintsAbout(memorySessions())).toEqual({})
  })

  test('has nothing against the store that the guide writes', async ({ expect }) => {
    const dir = await mkdtemp(join(tmpdir(), 'store-'))
    const snippet = snippetsOf(join(root, 'docs/write-your-own-store.md')).find(
      ({ name }) => name === 'map-sessions.ts',
    )
    await writeFile(join(dir, 'map-sessions.ts'), snippet?.code ?? '')
    const { mapSessions } = (await import(join(dir, 'map-sessions.ts'))) as { mapSessions: () => SessionStore }
    await rm(dir, { recursive: true })
    expect(await complaintsAbout(mapSessions())).toEqual({})
  })

  test.for(broken.map((each) => [each.does, each] as const))('sees a store that %s', async ([, each], { expect }) => {
    const { breaks, fails, saying } = each
    const good = memorySessions()
    const complaints = await complaintsAbout({ ...good, ...breaks(good) })
    expect(complaints[fails]).toContain(saying)
  })
})
