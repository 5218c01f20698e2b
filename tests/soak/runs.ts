import type { Ledger } from './ledger.ts'
import type { Who, Word } from './settings.ts'

/** Compares who ran a mutation on a server with who made it, though its answer may never have come. */
export type Runs = ReturnType<typeof createRuns>

export function createRuns(ledger: Ledger) {
  const made = new Map<string, Who | undefined>()
  const seen = new Set<string>()
  return {
    expect: (call: string, who: Who | undefined) => void made.set(call, who),
    heard(this: void, word: Word): void {
      if (word.type !== 'ran') return
      const { call, who } = word
      const maker = made.get(call)
      if (maker?.sid !== who.sid) {
        ledger.violation(`${call}: a mutation made as ${named(maker)} RAN as ${named(who)}`)
      } else ledger.count('mutations of users who switch that ran as who made them')
      if (seen.has(call)) ledger.count('mutations of users who switch that ran twice')
      seen.add(call)
    },
  }
}

export const named = (who: Who | undefined): string => (who ? `${who.sub} (${who.sid.slice(0, 6)})` : 'nobody')
