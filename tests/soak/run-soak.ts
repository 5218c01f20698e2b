import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

import { settleAccounts } from './accounts.ts'
import { brokenRules } from './broken-rules.ts'
import { installLocks } from './browser.ts'
import { breakThings } from './faults.ts'
import { forgers } from './forgers.ts'
import { leavers } from './leavers.ts'
import { createLedger } from './ledger.ts'
import { growths, watchMemory } from './memory.ts'
import { startRedis } from './redis.ts'
import { roleUsers } from './role-users.ts'
import { createRuns } from './runs.ts'
import { startServer, type Server } from './servers.ts'
import { judge, summary, type Findings } from './summary.ts'
import { switchers } from './switchers.ts'
import { regulars } from './users.ts'
import { watchers, type Watcher } from './watchers.ts'
import type { World } from './world.ts'

const MINUTES = Number(process.env['MINUTES'] ?? 3)
const MOST_SHOWN = 50
/** How long everybody takes to come to an end, in milliseconds: calls are bounded by 2 s. */
const SETTLING = 4_000
/** How long a stream may take to catch up: a socket waits 5 s for a renewal that could only come through itself. */
const CATCHING_UP = 15_000

if (!(MINUTES >= 1 && MINUTES <= 60)) throw new Error('MINUTES is from 1 to 60.')

installLocks()
const ledger = createLedger()
const runs = createRuns(ledger)
const redis = await startRedis()
const servers: Server[] = []
for (const name of ['a', 'b', 'c']) servers.push(await startServer(name, redis.url, runs.heard))
const end = new AbortController()
setMaxListeners(0, end.signal)
const world: World = { ledger, servers, over: end.signal }

console.log([`${MINUTES} minutes, three servers and a Redis of our own`, ...brokenRules()].join('\n'))
const listening = await watchers(world)
const inRoles = await roleUsers(world)
const followed = [...listening, ...inRoles]
const users = [...(await regulars(world, 12)), ...(await forgers(world, 3)), ...followed.map(({ user }) => user)]
const devices = switchers(world, runs, 8)
const busy = [leavers(world, 4), watchMemory(world), breakThings(world, redis), ...devices.map(({ done }) => done)]
const failed = Promise.all(busy).then(() => new Promise<never>(() => {}))
await Promise.race([sleep(MINUTES * 60_000), failed])
end.abort()
await Promise.all(busy)
await sleep(SETTLING)
await finish(listening)

const findings: Findings = {
  ledger,
  minutes: MINUTES,
  growths: growths(servers.flatMap(({ lives }) => lives)),
  leavings: await Promise.all(servers.map(async (server) => ({ name: server.name, ...(await server.close()) }))),
}
await redis.end()
judge(findings)
console.log(`\n${summary(findings)}\n`)
if (ledger.violations.length > 0) for (const outage of ledger.outageTimes()) console.error(outage)
for (const violation of ledger.violations.slice(0, MOST_SHOWN)) console.error(violation)
if (ledger.violations.length > MOST_SHOWN) console.error(`and ${ledger.violations.length - MOST_SHOWN} more`)
process.exitCode = ledger.violations.length === 0 ? 0 : 1
setTimeout(() => {
  console.error(`The driver does not end: ${process.getActiveResourcesInfo().join(', ')}`)
  process.exit(1)
}, 10_000).unref()

/** Sees that everybody is still signed in and up to date, signs them out, and sees that nothing is left of them. */
async function finish(heard: readonly Watcher[]): Promise<void> {
  const givenUpAt = Date.now() + CATCHING_UP
  while (Date.now() < givenUpAt && !heard.every(({ isUpToDate }) => isUpToDate())) await sleep(200)
  for (const { user, isUpToDate } of heard) if (!isUpToDate()) ledger.violation(`${user.name} missed the last events`)
  await settleAccounts(ledger, redis, 'before the final sign-outs')
  for (const { stop } of followed) stop()
  await Promise.all([...users, ...devices].map((each) => each.signOut()))
  await Promise.all([...followed, ...devices].map((each) => each.close()))
  await settleAccounts(ledger, redis, 'after the final sign-outs')
  await sleep(1_000)
}
