import type { Ledger } from './ledger.ts'
import { MOST_GROWTH, type Growth } from './memory.ts'
import type { Leavings } from './servers.ts'

/** What is known when all is over. */
export interface Findings {
  readonly ledger: Ledger
  readonly minutes: number
  readonly growths: readonly Growth[]
  readonly leavings: readonly (Leavings & { readonly name: string })[]
}

/** Holds memory and leavings to what they may be. */
export function judge({ ledger, growths, leavings }: Findings): void {
  if (growths.length === 0) ledger.violation('no process lived long enough for its memory to be judged')
  for (const { server, first, last } of growths) {
    // written so that what was not measured fails
    if (!(last - first <= MOST_GROWTH))
      ledger.violation(`the heap of ${server} grew from ${mib(first)} to ${mib(last)}`)
  }
  for (const { name, sockets, resources, ended } of leavings) {
    const left = resources.filter((resource) => !OF_THE_DRIVER.includes(resource))
    if (sockets > 0) ledger.violation(`${name} had ${sockets} WebSockets open when all users had left`)
    if (left.length > 0) ledger.violation(`${name} left ${left.join(', ')}`)
    if (!ended) ledger.violation(`${name} did not end by itself`)
  }
}

/** The channel to the driver, and the driver's own output. */
const OF_THE_DRIVER: readonly string[] = ['PipeWrap', 'TTYWrap']

/** The table of a run, in Markdown. */
export function summary({ ledger, minutes, growths, leavings }: Findings): string {
  const rows: [string, string][] = [
    ['minutes under load', String(minutes)],
    ['server processes ended by themselves, with no handle left', `${leavings.filter(({ ended }) => ended).length}`],
    ...[...new Set(ledger.outages.map(({ what }) => what))].map((what): [string, string] => [
      what,
      outagesOf(ledger, what),
    ]),
    ...counted(ledger),
    ...growths.map((growth): [string, string] => [
      `heap of ${growth.server}, over ${growth.seconds.toFixed(0)} s`,
      `${mib(growth.first)} → ${mib(growth.last)}`,
    ]),
    ['**violations**', `**${ledger.violations.length}**`],
  ]
  return ['| what | how many |', '| --- | ---: |', ...rows.map(([what, n]) => `| ${what} | ${n} |`)].join('\n')
}

const FORGED = /^forged(?: over WebSocket)?: /

function counted({ counts }: Ledger): [string, string][] {
  const forged = [...counts].filter(([what]) => FORGED.test(what))
  const kinds = new Set(forged.map(([what]) => what.replace(FORGED, '')))
  const inAll = forged.reduce((sum, [, n]) => sum + n, 0)
  const rows = [...counts].filter(([what]) => !FORGED.test(what)).map(([what, n]): [string, string] => [what, whole(n)])
  rows.push([`forged tokens refused, of ${kinds.size} kinds`, whole(inAll)])
  rows.sort(([a], [b]) => a.localeCompare(b))
  return rows
}

const outagesOf = ({ outages }: Ledger, what: string): string =>
  outages
    .filter((outage) => outage.what === what)
    .map(({ from, to }) => `${((to - from) / 1_000).toFixed(1)} s`)
    .join(', ')

const whole = (n: number): string => n.toLocaleString('en')
const mib = (size: number): string => `${size.toFixed(1)} MiB`
