import { describe, expect, test } from 'vitest'

import { expectAllGood, race, raceForRounds, raceWithDeath, ROUNDS, type Three } from './races.ts'
import { INVALID, NOT_AUTHORISED, told } from './session-api.ts'
import { generationOf, WELCOME } from './session-servers.ts'

/** What three server processes on one store must do, whatever the store. */
export function testThreeProcesses([a, b, c]: Three): void {
  const servers: Three = [a, b, c]

  describe('three processes', { timeout: 60_000 + ROUNDS * 1_000 }, () => {
    test('accept a session that another one started, and reject it from the first call after another one ended it', async () => {
      for (let i = 0; i < 10; i += 1) {
        const tokens = await a.signIn()
        expect(await Promise.all(servers.map((server) => server.visit(tokens)))).toEqual([WELCOME, WELCOME, WELCOME])
        await b.revoke(tokens)
        expect(await Promise.all(servers.map((server) => server.visit(tokens)))).toEqual([INVALID, INVALID, INVALID])
        expect(await told(c.refresh(tokens))).toBe(NOT_AUTHORISED)
      }
    })

    test('reach one next generation in each race of 50 renewals, even if one of them dies between', async () => {
      const each = Array.from({ length: ROUNDS / 2 })
      expect(await raceForRounds(servers)).toEqual([...each.map(() => [1]), ...each.map(() => [2])])
    })

    test('lose and fork no session when one of them dies in the middle of a race', async () => {
      let cutOff = 0
      for (let i = 0; i < 2; i += 1) {
        const tokens = await a.signIn()
        const outcome = await raceWithDeath(servers, tokens)
        expect(outcome).toMatchObject({ refused: [], generations: [1] })
        cutOff += outcome.cutOff
        const retried = await Promise.all(race([a, c, a], tokens))
        expect([...new Set(retried.map(generationOf))]).toEqual([1])
        await b.restart()
        await expectAllGood(servers, retried.slice(-3))
      }
      expect(cutOff).toBeGreaterThan(0)
    })
  })
}
