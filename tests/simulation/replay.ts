import { inspect } from 'node:util'

import { rules } from './rules.ts'
import type { Schedule } from './schedule.ts'
import type { CreateSession } from './session.ts'
import { simulate } from './simulate.ts'
import type { Trace } from './trace.ts'

/** Runs one schedule again, and prints all that happened in it. */
export async function replay(json: string): Promise<void> {
  const { createSession } = (await import('../../src/client.ts')) as unknown as { createSession: CreateSession }
  const schedule = JSON.parse(json.replace(/^replay: /, '')) as Schedule
  const evidence = await simulate(schedule, createSession)
  for (const { at, line } of lines(evidence.trace)) console.log(`${String(Math.round(at)).padStart(8)}  ${line}`)
  for (const { rule, name, check } of rules)
    for (const broken of check(evidence).broken)
      console.log(`broken: ${rule}: ${name}\n${JSON.stringify(broken, null, 2)}`)
}

function lines({
  calls,
  runs,
  events,
  requests,
  shown,
  stored,
  rotations,
  endings,
}: Trace): { at: number; line: string }[] {
  const all = [
    ...calls.map(({ n, at, tab, path, over, user, shown: by }) => ({
      at,
      line: `${tab} call ${n}: ${path} ${user ?? ''} over ${over}, shown ${who(by?.sid)}`,
    })),
    ...calls.map(({ n, settledAt = Number.NaN, tab, error }) => ({
      at: settledAt,
      line: `${tab} call ${n} settled ${error === undefined ? '' : inspect(error).split('\n')[0]}`,
    })),
    ...runs.map(({ n, at, sid }) => ({ at, line: `server ran ${n} as ${who(sid)}` })),
    ...events.map(({ n, at, sid }) => ({ at, line: `call ${n} got an event of ${who(sid)}` })),
    ...requests.map(({ at, tab, server, path, calls: of, authorization }) => ({
      at,
      line: `${tab} request ${server} ${path} of ${of.join()} ${authorization === undefined ? 'without token' : ''}`,
    })),
    ...requests.map(({ settledAt = Number.NaN, tab, path, outcome, calls: of }) => ({
      at: settledAt,
      line: `${tab} request ${path} of ${of.join()}: ${outcome}`,
    })),
    ...shown.map(({ at, tab, signIn }) => ({ at, line: `${tab} shows ${signIn?.sub} ${who(signIn?.sid)}` })),
    ...stored.map(({ at, tab = 'a stranger', text }) => ({
      at,
      line: `${tab} wrote ${text === null ? 'nothing' : text.replaceAll(/[\w-]{20,}\.[\w-]+\.([\w-]{6})[\w-]*/g, '…$1')}`,
    })),
    ...rotations.map(({ at, sid, generation, result }) => ({
      at,
      line: `server rotated ${who(sid)} from ${generation}: ${result}`,
    })),
    ...endings.map(({ at, sid, by }) => ({ at, line: `server ended ${who(sid)}: ${by}` })),
  ].filter(({ at }) => !Number.isNaN(at))
  all.sort((a, b) => a.at - b.at)
  return all
}

const who = (sid: string | undefined): string => sid?.slice(0, 6) ?? 'nobody'
