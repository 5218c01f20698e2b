import { inTurns, median, medianOf } from './harness.ts'
import type { Report } from './report.ts'
import { startServer } from './servers.ts'
import { tokenOf } from './token.ts'

const CALLS = 50
const ROUNDS = 100

const FORMS = [
  { name: 'open', form: 'open', isNew: false },
  { name: 'ours, known token', form: 'ours', isNew: false },
  { name: 'ours, new token', form: 'ours', isNew: true },
  { name: "its guide's middleware with jose", form: 'guide', isNew: true },
]

/** Batches over HTTP: their calls share one verification. */
export async function batch(): Promise<Report> {
  const path = `/${Array.from({ length: CALLS }, () => 'hello').join(',')}?batch=1&input=%7B%7D`
  const forms = await Promise.all(
    FORMS.map(async (form) => ({ ...form, server: await startServer('server-trpc.ts', form.form) })),
  )
  const verified = new Map(FORMS.map(({ name }) => [name, [] as number[]]))
  let user = 0
  const rounds = await inTurns(forms, ROUNDS, async ({ name, server, isNew }) => {
    const before = await server.usage()
    const authorization = `Bearer ${tokenOf(isNew ? ++user : 0)}`
    const start = performance.now()
    const response = await fetch(`${server.url}${path}`, { headers: { authorization } })
    const answers = (await response.json()) as unknown[]
    const took = performance.now() - start
    if (response.status !== 200 || answers.length !== CALLS) throw new Error(`A batch got status ${response.status}.`)
    verified.get(name)?.push((await server.usage()).verifications - before.verifications)
    return took
  })
  await Promise.all(forms.map(({ server }) => server.stop()))
  const each = verified.get('ours, new token') ?? []
  return {
    title: `A batch of ${CALLS} calls over HTTP`,
    columns: ['', 'ms', 'times open', 'signatures verified'],
    rows: FORMS.map(({ name }) => [
      name,
      medianOf(rounds, (of) => of(name)),
      medianOf(rounds, (of) => of(name) / of('open')),
      String(median(verified.get(name) ?? [])),
    ]),
    aims: [
      { what: 'verifications for a batch with a new token, at least', value: Math.min(...each), least: 1 },
      { what: 'and at most', value: Math.max(...each), most: 1 },
    ],
  }
}
