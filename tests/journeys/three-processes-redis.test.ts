import { describe, expect, test } from 'vitest'

import { testThreeProcesses } from '../support/process-scenario.ts'
import { GRACE, type Three } from '../support/races.ts'
import { randomPrefix, startDurableRedis, type OwnRedis } from '../support/redis.ts'
import { INVALID, NOT_AUTHORISED, told, UNAVAILABLE, type Tokens } from '../support/session-api.ts'
import { generationOf, startSessionServer, WELCOME, type SessionServer } from '../support/session-servers.ts'

const redis = await startDurableRedis()

describe.runIf(redis)('on one Redis', async () => {
  if (!redis) return
  const name = randomPrefix()
  const start = (through: 'node-redis' | 'ioredis' | 'node-redis pool') =>
    startSessionServer({ through, url: redis.url, name, grace: GRACE })
  const servers = await Promise.all([start('node-redis'), start('ioredis'), start('node-redis pool')])
  testThreeProcesses(servers)
  testOutages(servers, redis)
})

const three = (answer: string) => [answer, answer, answer]

/** Asks until the servers have found the store again. */
async function answerOf(ask: () => Promise<unknown>): Promise<unknown> {
  const givenUpAt = Date.now() + 15_000
  let answer = await ask()
  while (answer === UNAVAILABLE && Date.now() < givenUpAt) answer = await ask()
  return answer
}

function testOutages(servers: Three, store: OwnRedis): void {
  const [server] = servers
  const all = <Answer>(ask: (each: SessionServer) => Promise<Answer>) => Promise.all(servers.map(ask))

  /** What needs the store is refused, within its 2 seconds and what a busy machine adds. What is public goes on. */
  async function expectUnavailable(staying: Tokens, leaving: Tokens): Promise<void> {
    const started = performance.now()
    const refused = Promise.all([
      all((each) => each.visit(staying)),
      all((each) => told(each.refresh(staying))),
      all((each) => told(each.signIn())),
      all((each) => told(each.revoke(leaving))),
    ])
    expect(await all((each) => each.hello())).toEqual(three('Anyone may call this.'))
    expect(performance.now() - started).toBeLessThan(1_500)
    expect(await refused).toEqual(Array.from({ length: 4 }, () => three(UNAVAILABLE)))
    expect(performance.now() - started).toBeLessThan(3_500)
  }

  /** What the servers answer to a session once they have found the store again, and the generation of its next tokens. */
  async function answersTo(staying: Tokens): Promise<unknown[]> {
    const visits = await all((each) => answerOf(() => each.visit(staying)))
    return [visits, (await all((each) => each.refresh(staying))).map(generationOf)]
  }

  describe('while Redis', { timeout: 40_000 }, () => {
    test('hangs, what is protected is unavailable; afterwards sessions go on', async () => {
      const [staying, leaving] = [await server.signIn(), await server.signIn()]
      store.pause()
      await expectUnavailable(staying, leaving)
      store.resume()
      expect(await answersTo(staying)).toEqual([three(WELCOME), [1, 1, 1]])
    })

    test('is dead, what is protected is unavailable; sessions that it kept go on afterwards', async () => {
      const [staying, leaving] = [await server.signIn(), await server.signIn()]
      await store.kill()
      await expectUnavailable(staying, leaving)
      await store.restart()
      expect(await answersTo(staying)).toEqual([three(WELCOME), [1, 1, 1]])
    })

    test('loses its data, sessions are over, and users can sign in again', async () => {
      const lost = await server.signIn()
      await store.kill()
      await store.wipe()
      await store.restart()
      expect(await all((each) => answerOf(() => each.visit(lost)))).toEqual(three(INVALID))
      expect(await all((each) => told(each.refresh(lost)))).toEqual(three(NOT_AUTHORISED))
      const tokens = await servers[1].signIn()
      expect(await all((each) => each.visit(tokens))).toEqual(three(WELCOME))
    })
  })
}
