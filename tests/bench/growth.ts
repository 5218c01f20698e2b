import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { jwtVerify } from 'jose'
import { createJwtVerifier } from 'trpc-jwt-trivial'

import { PASSPHRASE } from '../support/mint.ts'
import type { Remembered } from './growth-remembered.ts'
import { medianOf, processorTime } from './harness.ts'
import type { Report } from './report.ts'
import { received, tokenOf } from './token.ts'

/** What remembering more and more tokens takes: memory, and time to look one up. Each in a process of its own. */
export async function rememberedTokens(): Promise<Report> {
  const rows: (string | number)[][] = []
  for (const count of [1, 1_000, 100_000, 1_000_000]) {
    const { heap, lookUp } = await remember(count)
    rows.push([count.toLocaleString('en'), heap / 2 ** 20, count < 1_000 ? '' : heap / count, lookUp])
  }
  return {
    title: 'Remembered tokens',
    columns: ['tokens', 'heap, MiB', 'bytes a token', 'µs to verify one of them'],
    rows,
  }
}

async function remember(count: number): Promise<Remembered> {
  const child = fork(fileURLToPath(new URL('growth-remembered.ts', import.meta.url)), [String(count)], {
    execArgv: [...process.execArgv, '--expose-gc', '--max-old-space-size=8192'],
  })
  const [found] = (await once(child, 'message')) as [Remembered]
  await once(child, 'exit')
  return found
}

/** What a new token takes where more and more passphrases may have signed it. */
export async function passphrases(): Promise<Report> {
  const all = Array.from({ length: 5 }, (_, i) => `${PASSPHRASE} ${i}`)
  const subjects = all.map((passphrase, i) => {
    const { verify } = createJwtVerifier({ passphrase: all.slice(0, i + 1), verifiedTokens: 0 })
    const token = tokenOf(1, {}, passphrase)
    return { name: String(i + 1), run: () => verify(received(token)) }
  })
  const rounds = await processorTime(subjects)
  return {
    title: 'A new token, signed with the last of so many passphrases: microseconds of the processor',
    columns: ['passphrases', 'ours'],
    rows: subjects.map(({ name }) => [name, medianOf(rounds, (of) => of(name))]),
  }
}

/** What tokens of more and more claims take. 8 KiB of token hold about 800 of them. */
export async function claims(): Promise<Report> {
  const key = await crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode(PASSPHRASE),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['verify'],
  )
  const fresh = createJwtVerifier({ passphrase: PASSPHRASE, verifiedTokens: 0 })
  const known = createJwtVerifier({ passphrase: PASSPHRASE })
  const sizes = [10, 100, 800].map((members) => ({ members, token: tokenOf(1, manyClaims(members)) }))
  const rounds = await processorTime(
    sizes.flatMap(({ members, token }) => [
      { name: `jose ${members}`, run: () => jwtVerify(received(token), key) },
      { name: `new ${members}`, run: () => fresh.verify(received(token)) },
      { name: `known ${members}`, run: () => known.verify(received(token)) },
    ]),
  )
  const of = (name: string) => medianOf(rounds, (inRound) => inRound(name))
  return {
    title: 'Claims: microseconds of the processor',
    columns: ['claims', 'characters of token', 'ours, known token', 'ours, new token', 'jose, key imported'],
    rows: sizes.map(({ members, token }) => [
      String(members),
      token.length,
      of(`known ${members}`),
      of(`new ${members}`),
      of(`jose ${members}`),
    ]),
  }
}

/** Named by two letters each, so that many fit. */
const manyClaims = (count: number): Record<string, unknown> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [(i + 36).toString(36), 1]))
