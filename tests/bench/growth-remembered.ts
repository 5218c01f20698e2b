/** Remembers as many tokens as the command line says, and tells the parent process what that takes. */
import { createJwtVerifier } from 'trpc-jwt-trivial'

import { PASSPHRASE } from '../support/mint.ts'
import { median } from './harness.ts'
import { received, tokenOf } from './token.ts'

/** What so many tokens take. */
export interface Remembered {
  /** In bytes. */
  readonly heap: number
  /** The median time to verify one of them again, in microseconds. */
  readonly lookUp: number
}

const AT_ONCE = 100
const SAMPLES = 1_000

const count = Number(process.argv[2])
const { verify } = createJwtVerifier({ passphrase: PASSPHRASE, verifiedTokens: count })
const verifyUser = (user: number) => verify(received(tokenOf(user)))

const heapUsed = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

async function lookUpTime(): Promise<number> {
  const tokens = Array.from({ length: SAMPLES }, (_, i) => tokenOf((i * 7_919_317) % count))
  const rounds: number[] = []
  for (let round = 0; round < 20; round++) {
    const texts = tokens.map(received)
    const { user, system } = process.cpuUsage()
    for (const text of texts) await verify(text)
    const end = process.cpuUsage()
    rounds.push((end.user + end.system - user - system) / SAMPLES)
  }
  return median(rounds)
}

await verifyUser(count)
const before = heapUsed()
for (let user = 0; user < count; user += AT_ONCE) {
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - user) }, (_, i) => verifyUser(user + i)))
}
const heap = heapUsed() - before
process.send?.({ heap, lookUp: await lookUpTime() } satisfies Remembered)
process.disconnect()
