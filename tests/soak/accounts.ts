import { redisSessions } from 'trpc-jwt-trivial/redis'

import type { Ledger } from './ledger.ts'
import { ask, type DurableRedis } from './redis.ts'
import { PREFIX } from './settings.ts'

/** Asks Redis for every session that was ever begun: is what lives alive, and what ended over? Nothing else may be there. */
export async function settleAccounts(ledger: Ledger, redis: DurableRedis, when: string): Promise<void> {
  await ask(redis.url, async (client) => {
    const store = redisSessions(client, { prefix: PREFIX })
    let live = 0
    for (const [sid, state] of ledger.sessions) {
      const isLive = await store.isLive(sid)
      if (state === 'unsure') {
        if (isLive) live += 1
        continue
      }
      if (isLive !== (state === 'live')) ledger.violation(`${when}: Redis has a session ${isLive}, which is ${state}`)
      if (state === 'live') live += 1
      ledger.count(`sessions ${state} in Redis ${when}, as expected`)
    }
    const found = (await client.keys(`${PREFIX}sid:*`)).length
    const unanswered = ledger.counts.get('sign-ins that an outage left unanswered') ?? 0
    ledger.count(`sessions of unanswered sign-ins in Redis ${when}`, found - live)
    if (found < live || found - live > unanswered) {
      ledger.violation(
        `${when}: Redis has ${found} sessions, where ${live} live and ${unanswered} sign-ins were cut off`,
      )
    }
  })
}
