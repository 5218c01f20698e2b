import { describe, expect, test } from 'vitest'

import { createFleet, createUsers, deploy, SESSION, startServer, TOKEN, type Keys } from '../support/fleet.ts'
import { createSigner } from '../support/signer.ts'

const OLD = 'correct horse battery staple, and sixty-four bytes are enough 4U'
const NEW = 'another horse, another battery, another staple, and 64 bytes too'
const [older, newer] = await Promise.all([createSigner('2025'), createSigner('2026')])

/** What a deployment accepts beside what it signs with, in the three steps. */
interface Steps {
  before: Keys
  first: Keys
  second: Keys
  third: Keys
}

const rotations: [string, Steps][] = [
  [
    'a passphrase',
    {
      before: { passphrase: OLD },
      first: { passphrase: [OLD, NEW] },
      second: { passphrase: [NEW, OLD] },
      third: { passphrase: NEW },
    },
  ],
  [
    'a private key',
    {
      before: { privateKey: older.privateJwk },
      first: { privateKey: older.privateJwk, publicKeys: [newer.publicJwk] },
      second: { privateKey: newer.privateJwk, publicKeys: [older.publicJwk] },
      third: { privateKey: newer.privateJwk },
    },
  ],
]

const startBoth = (fleet: ReturnType<typeof createFleet>, pair: readonly Keys[]) =>
  Promise.all(pair.map((keys) => startServer(deploy(fleet, keys))))

describe.each(rotations)('%s, rotated in three steps on two servers', (_what, { before, first, second, third }) => {
  test('logs nobody out, in whatever order the servers follow', async () => {
    const fleet = createFleet()
    const users = createUsers(fleet)
    const phases: [one: Keys, other: Keys, seconds: number][] = [
      [before, before, 60],
      [first, before, 60],
      [first, first, 60],
      [first, second, 60],
      [second, second, SESSION - 120],
      [second, second, 120],
      [second, third, 60],
      [third, third, 60],
    ]
    const counts: number[] = []
    for (const [one, other, seconds] of phases) {
      await users.visit(await startBoth(fleet, [one, other]))
      counts.push(users.count)
      fleet.clock.now += seconds
    }
    expect(counts).toEqual([2, 4, 6, 8, 10, 6, 4, 6])
  })

  test('opens nothing with the old one any more, once it has been left out', async () => {
    const fleet = createFleet()
    const [server] = await startBoth(fleet, [second])
    const [old] = await startBoth(fleet, [before])
    const held = await old?.signIn()
    expect(await server?.whoami(String(held?.token))).toBe('ann')
    const [after] = await startBoth(fleet, [third])
    expect(await after?.whoami(String(held?.token))).toBe('Invalid token')
    await expect(after?.refresh(String(held?.refreshToken))).rejects.toThrow('Not authorised')
  })

  test('without the first step refuses what the faster server signs at the slower one', async () => {
    const fleet = createFleet()
    const [fast, slow] = await startBoth(fleet, [second, before])
    const held = await fast?.signIn()
    expect(await slow?.whoami(String(held?.token))).toBe('Invalid token')
    await expect(slow?.refresh(String(held?.refreshToken))).rejects.toThrow('Not authorised')
  })

  test('without waiting before the third step refuses who signed in before the second', async () => {
    const fleet = createFleet()
    const [slow] = await startBoth(fleet, [first])
    const held = await slow?.signIn()
    fleet.clock.now += TOKEN - 1
    const [done] = await startBoth(fleet, [third])
    expect(await done?.whoami(String(held?.token))).toBe('Invalid token')
    fleet.clock.now += 1
    expect(await slow?.whoami(String(held?.token))).toBe('Token expired')
  })
})
