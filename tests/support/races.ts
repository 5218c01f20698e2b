import { setTimeout as sleep } from 'node:timers/promises'

import { expect } from 'vitest'

import { NOT_AUTHORISED, told, type Tokens } from './session-api.ts'
import { generationOf, wasCutOff, WELCOME, type SessionServer } from './session-servers.ts'

/** How long a rotation is forgiven, in seconds: long enough for a race on a busy machine. */
export const GRACE = 4

const RACERS = 50

/** Each session is raced twice: before any rotation, and after the grace of the first. */
export const ROUNDS = Number(process.env['ROUNDS'] ?? 20)

export type Three = readonly [SessionServer, SessionServer, SessionServer]

const nth = (servers: Three, i: number): SessionServer => servers[i % 3] ?? servers[0]

/** Renews one token 50 times at once, over the three servers. */
export const race = (servers: Three, tokens: Tokens): Promise<Tokens>[] =>
  Array.from({ length: RACERS }, (_, i) => nth(servers, i).refresh(tokens))

/** Runs all rounds, with the second server killed and started anew in between, and gives what each race came to. */
export async function raceForRounds(servers: Three): Promise<unknown[][]> {
  const first = await Promise.all(Array.from({ length: ROUNDS / 2 }, (_, i) => nth(servers, i).signIn()))
  const once = await raceEach(servers, first)
  await servers[1].kill()
  await Promise.all([servers[1].restart(), sleep(GRACE * 1_000)])
  const twice = await raceEach(servers, once.winners)
  await expectReuseSeen(servers, first[0], twice.winners[0])
  return [...once.generations, ...twice.generations]
}

async function raceEach(servers: Three, held: Tokens[]) {
  const [winners, generations]: [Tokens[], unknown[][]] = [[], []]
  for (const [i, tokens] of held.entries()) {
    const renewed = await Promise.all(race(servers, tokens))
    generations.push([...new Set(renewed.map(generationOf))])
    winners.push(renewed[i % RACERS] ?? tokens)
    await expectAllGood(servers, renewed.slice(-3))
  }
  return { winners, generations }
}

/** Every server accepts each of them. */
export async function expectAllGood(servers: Three, held: Tokens[]): Promise<void> {
  const answers = await Promise.all(held.flatMap((tokens) => servers.map((server) => server.visit(tokens))))
  expect(answers).toEqual(answers.map(() => WELCOME))
}

async function expectReuseSeen([a, b, c]: Three, old?: Tokens, current?: Tokens): Promise<void> {
  if (!old || !current) throw new Error('There was no round')
  expect(await c.visit(current)).toBe(WELCOME)
  expect(await told(a.refresh(old))).toBe(NOT_AUTHORISED)
  expect(await told(b.refresh(current))).toBe(NOT_AUTHORISED)
  expect(await c.visit(current)).toBe('UNAUTHORIZED: Invalid token')
}

/** What a race came to in which the second server was killed as soon as the first answer came. */
export async function raceWithDeath(servers: Three, tokens: Tokens) {
  const racing = race(servers, tokens)
  const settled = Promise.allSettled(racing)
  await Promise.race(racing)
  await servers[1].kill()
  const outcomes = await settled
  const failures = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason as unknown)
  return {
    generations: [
      ...new Set(outcomes.flatMap((each) => (each.status === 'fulfilled' ? [generationOf(each.value)] : []))),
    ],
    cutOff: failures.filter(wasCutOff).length,
    refused: failures.filter((error) => !wasCutOff(error)),
  }
}
