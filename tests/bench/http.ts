import { once } from 'node:events'

import autocannon from 'autocannon'

import { inTurns, joined, median, medianOf, type Rounds } from './harness.ts'
import type { Report } from './report.ts'
import { startServer } from './servers.ts'
import { tokenOf } from './token.ts'

const REQUESTS = 2_000
const CONNECTIONS = 10
const ROUNDS = 7
const GENERATIONS = 3

/** Each framework's open form, and behind it the guarded ones. */
const FORMS: readonly { name: string; file: string; form: string; open: string }[] = [
  { name: 'tRPC, open', file: 'server-trpc.ts', form: 'open', open: '' },
  { name: 'tRPC, a guard that checks nothing', file: 'server-trpc.ts', form: 'idle', open: 'tRPC, open' },
  { name: 'tRPC, ours', file: 'server-trpc.ts', form: 'ours', open: 'tRPC, open' },
  { name: "tRPC, its guide's middleware with jose", file: 'server-trpc.ts', form: 'guide', open: 'tRPC, open' },
  { name: 'Fastify, open', file: 'server-fastify.ts', form: 'open', open: '' },
  { name: 'Fastify, @fastify/jwt', file: 'server-fastify.ts', form: 'jwt', open: 'Fastify, open' },
  { name: 'Fastify, @fastify/jwt with its cache', file: 'server-fastify.ts', form: 'cached', open: 'Fastify, open' },
  { name: 'Express, open', file: 'server-express.ts', form: 'open', open: '' },
  { name: 'Express, express-jwt', file: 'server-express.ts', form: 'jwt', open: 'Express, open' },
]

/**
 * Calls over HTTP, with and without a guard: the servers are in processes of their own, the load comes from this one. They are
 * started anew a few times, since of two processes that do the same one may be faster by some hundredths all its life.
 */
export async function http(): Promise<Report> {
  const processor = new Map(FORMS.map(({ name }) => [name, [] as number[]]))
  const generations: Rounds[] = []
  for (let i = 0; i < GENERATIONS; i++) generations.push(await measure(processor))
  const rates = joined(generations)
  const share = (name: string, open: string) => medianOf(rates, (of) => of(name) / of(open))
  return {
    title: 'Calls over HTTP with a known token',
    columns: ['', 'calls a second', 'share of open', 'µs of the processor'],
    rows: FORMS.map(({ name, open }) => [
      name,
      medianOf(rates, (of) => of(name)),
      open === '' ? '' : share(name, open),
      median(processor.get(name) ?? []),
    ]),
    aims: [
      { what: 'our protected calls, as a share of open ones', value: share('tRPC, ours', 'tRPC, open'), least: 0.97 },
    ],
  }
}

async function measure(processor: ReadonlyMap<string, number[]>): Promise<Rounds> {
  const forms = await Promise.all(
    FORMS.map(async (form) => ({ ...form, server: await startServer(form.file, form.form) })),
  )
  const rates = await inTurns(forms, ROUNDS, async ({ name, server }) => {
    const before = await server.usage()
    const rate = await load(`${server.url}/hello`)
    processor.get(name)?.push(((await server.usage()).processor - before.processor) / REQUESTS)
    return rate
  })
  await Promise.all(forms.map(({ server }) => server.stop()))
  return rates
}

/** Calls a second, by when the last answer came: autocannon itself looks at its clock once a second. */
async function load(url: string): Promise<number> {
  const start = performance.now()
  let [answers, took] = [0, NaN]
  const headers = { authorization: `Bearer ${tokenOf(1)}` }
  const run = autocannon({ url, headers, connections: CONNECTIONS, amount: REQUESTS, sampleInt: 50 }, () => {})
  run.on('response', (_client, status) => {
    if (status === 200) answers += 1
    if (answers === REQUESTS) took = performance.now() - start
  })
  await once(run, 'done')
  if (Number.isNaN(took)) throw new Error(`${REQUESTS - answers} calls of ${url} failed.`)
  return (1_000 * REQUESTS) / took
}
