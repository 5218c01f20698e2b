import type { Exploration } from './explore.ts'
import { exploreApart } from './explore-apart.ts'
import { mutate } from './mutate.ts'
import { mutations, type Mutation } from './mutations.ts'
import { toldFailure } from './report.ts'

const AT_ONCE = 2
const SECONDS = 300

/** Breaks the client in each way of the table, and says how many schedules it took to notice. Returns whether all were noticed. */
export async function tryMutations(exploration: Exploration): Promise<boolean> {
  const waiting = mutations.filter(({ rule }) => !exploration.only || exploration.only.includes(rule))
  const missed: string[] = []

  async function work(): Promise<void> {
    for (let mutation = waiting.shift(); mutation; mutation = waiting.shift()) {
      const verdict = await tryOne(mutation, exploration)
      const title = `${mutation.rule}: ${mutation.what}`
      console.log(`\n${title}\n${verdict ?? 'NOT FOUND'}`)
      if (verdict === undefined) missed.push(title)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  if (missed.length > 0) console.error(`\nNot found within ${exploration.runs} schedules:\n${missed.join('\n')}`)
  return missed.length === 0
}

async function tryOne(mutation: Mutation, { runs, seed }: Exploration): Promise<string | undefined> {
  const mutant = mutate(mutation)
  const findings = await exploreApart(mutant.client, { runs, seed }, SECONDS)
  mutant.remove()
  if (!findings) return `found: it did not end within ${SECONDS} s`
  const [failure] = findings.failures
  return failure && `found: ${toldFailure(failure)}`
}
