import { createJwtVerifier } from 'trpc-jwt-trivial'
import { expect, test } from 'vitest'

import { heapInUse } from '../support/heap.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'
import { countVerifications } from '../support/verifications.ts'

test('20,000 valid tokens take at most 8 MB of heap, and the last 500 are remembered', async () => {
  const jwt = createJwtVerifier({ passphrase: PASSPHRASE })
  const before = heapInUse()
  const last: string[] = []
  for (let i = 0; i < 20_000; i++) {
    const token = mint({ sub: `user ${i}`, about: 'x'.repeat(500) })
    if (i >= 19_500) last.push(token)
    await jwt.verify(token)
  }
  expect(heapInUse() - before).toBeLessThan(8)
  const verifications = countVerifications()
  await Promise.all(last.map((token) => jwt.verify(token)))
  expect(verifications.count).toBe(0)
}, 60_000)

test('200,000 forged tokens take at most 8 MB of heap, and a valid token is still remembered', async () => {
  const [jwt, good] = [createJwtVerifier({ passphrase: PASSPHRASE }), mint()]
  const forge = async (count: number) => {
    const [header, payload] = mint({ about: 'x'.repeat(500) }).split('.')
    for (let i = 0; i < count; i += 100) {
      const forged = Array.from({ length: 100 }, (_, j) => `${header}.${payload}.${String(i + j).padStart(42, 'A')}A`)
      const refused = await Promise.allSettled(forged.map((token) => jwt.verify(token)))
      expect(refused.every(({ status }) => status === 'rejected')).toBe(true)
    }
  }
  await jwt.verify(good)
  await forge(2_000)
  const before = heapInUse()
  await forge(200_000)
  expect(heapInUse() - before).toBeLessThan(8)
  const verifications = countVerifications()
  expect(await jwt.verify(good)).toMatchObject({ sub: 'ann' })
  expect(verifications.count).toBe(0)
}, 120_000)
