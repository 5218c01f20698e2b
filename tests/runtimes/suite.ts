import { bearerCases } from './cases-bearer.ts'
import { clientCases } from './cases-client.ts'
import { keyCases } from './cases-keys.ts'
import { tokenCases } from './cases-tokens.ts'
import type { Case } from './support.ts'

/** The whole promise. One after the other: some replace a global function for a while. */
export const cases: Case[] = [...bearerCases, ...tokenCases, ...keyCases, ...clientCases]

/** Runs the suite in whatever runtime this is; a line for each case. */
export async function runSuite(print: (line: string) => void): Promise<void> {
  const runtime = runtimeName()
  for (const { name, run } of cases) {
    try {
      await run()
      print(`ok ${runtime}: ${name}`)
    } catch (error) {
      print(`not ok ${runtime}: ${name}`)
      print(`# ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

/** By what the runtime says of itself, so that none runs in the name of another. */
function runtimeName(): string {
  if ('Deno' in globalThis) return 'Deno'
  if ('Bun' in globalThis) return 'Bun'
  if (globalThis.navigator?.userAgent === 'Cloudflare-Workers') return 'workerd'
  return `Node ${process.versions.node.split('.')[0]}`
}
