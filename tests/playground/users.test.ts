import { scrypt } from 'node:crypto'

import { describe, expect, it, vi } from 'vitest'

import { addUser, checkPassword, findUser } from '../../playground/users.ts'

vi.mock('node:crypto', async (original) => {
  const crypto = await original<{ scrypt: typeof scrypt }>()
  return { ...crypto, scrypt: vi.fn<typeof crypto.scrypt>(crypto.scrypt) }
})

const ann = { email: 'ann@example.org', password: 'tea at four, as ever' }
await addUser({ id: 'u1', name: 'Ann', scope: 'notes:read' }, ann)

/** The cost of each derivation. */
const derivations = () => vi.mocked(scrypt).mock.calls.map(([, , length, cost]) => ({ length, cost }))

describe('checkPassword', () => {
  it('accepts the right password only', async () => {
    expect(await checkPassword(ann)).toMatchObject({ id: 'u1', name: 'Ann' })
    expect(await checkPassword({ ...ann, password: 'coffee at noon' })).toBeUndefined()
  })

  it('does the same work for an unknown address as for a wrong password', async () => {
    vi.mocked(scrypt).mockClear()
    await checkPassword({ ...ann, password: 'coffee at noon' })
    const [wrong, ...none] = derivations()
    expect(none).toEqual([])

    vi.mocked(scrypt).mockClear()
    expect(await checkPassword({ ...ann, email: 'eve@example.org' })).toBeUndefined()
    expect(derivations()).toEqual([wrong])
  })
})

describe('findUser', () => {
  it('finds a user by id, and no other', () => {
    expect(findUser('u1')).toMatchObject({ name: 'Ann' })
    expect(findUser('u9')).toBeUndefined()
  })
})
