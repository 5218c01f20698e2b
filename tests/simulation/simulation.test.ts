import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

import { CLIENT, exploreApart } from './explore-apart.ts'
import { mutations } from './mutations.ts'
import { toldFailure, totals } from './report.ts'

const SECONDS = 120

test('tabs keep the rules of the client, whatever is late or lost', { timeout: SECONDS * 1_000 }, async () => {
  const explored = [1, 2].map((seed) => exploreApart(CLIENT, { runs: 250, seed }, SECONDS))
  const findings = (await Promise.all(explored)).flatMap((one) => one ?? [])

  expect(findings).toHaveLength(2)
  for (const { failures } of findings) expect(failures.map(toldFailure)).toEqual([])
  expect(Object.entries(totals(findings)).filter(([, cases]) => cases < 3)).toEqual([])
})

test('the texts that break the client on purpose are in its source, once each', () => {
  const timesFound = mutations.map(
    ({ file, find }) =>
      readFileSync(new URL(`../../src/client/${file}`, import.meta.url), 'utf8').split(find).length - 1,
  )

  expect(timesFound).toEqual(mutations.map(() => 1))
})
