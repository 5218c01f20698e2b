import { describe, expect, test } from 'vitest'

import { listenTo, serveSignIns } from '../support/sign-ins.ts'

const EXPIRED = 'UNAUTHORIZED: Token expired (expired)'
const BEFORE = { sub: 'ann', role: 'writer', team: { name: 'sales', members: [1, 2], lead: null } }

describe.each(['generated', 'observed'] as const)('a stream, %s,', (path) => {
  /** Opens a stream, lets an event pass, renews over the same socket, and sends another event. */
  async function renewWith(after: object, times = 1) {
    const claims: Record<string, Record<string, unknown>> = { ann: BEFORE }
    const api = await serveSignIns({ claims })
    const client = api.openSocket()
    let { refreshToken } = await client.token.create.mutate({ name: 'ann' })
    const stream = listenTo(client, path)
    await expect.poll(api.listening).toBe(1)
    api.emit(0)
    await expect.poll(() => stream.numbers).toEqual([0])
    claims['ann'] = { ...after }
    for (let n = 1; n <= times; n += 1) {
      ;({ refreshToken } = await client.token.refresh.mutate({ refreshToken }))
      api.emit(n)
    }
    return { api, client, refreshToken, ...stream }
  }

  test.each<[string, object]>([
    ['the same claims', BEFORE],
    [
      'the same claims in another order',
      { team: { lead: null, members: [1, 2], name: 'sales' }, role: 'writer', sub: 'ann' },
    ],
  ])('goes on without a gap through renewals that write %s', async (_what, after) => {
    const { numbers, errors, api } = await renewWith(after, 5)

    await expect.poll(() => numbers).toEqual([0, 1, 2, 3, 4, 5])
    expect([errors, api.reasons()]).toEqual([[], []])
  })

  test.each<[string, object]>([
    ['another role', { ...BEFORE, role: 'reader' }],
    ['no role', { sub: 'ann', team: BEFORE.team }],
    ['one claim more', { ...BEFORE, scope: 'read' }],
    ['an empty name as another claim', { ...BEFORE, '': 1 }],
    ['a claim changed deep inside', { ...BEFORE, team: { ...BEFORE.team, name: 'support' } }],
    ['a member removed deep inside', { ...BEFORE, team: { name: 'sales', members: [1, 2] } }],
    ['an array in another order', { ...BEFORE, team: { ...BEFORE.team, members: [2, 1] } }],
    ['an object where an array was', { ...BEFORE, team: { ...BEFORE.team, members: { 0: 1, 1: 2 } } }],
    ['a string where a number was', { ...BEFORE, team: { ...BEFORE.team, members: ['1', 2] } }],
  ])('ends as superseded by a renewal that writes %s, before its next event', async (_what, after) => {
    const { numbers, errors, api, client } = await renewWith(after)

    await expect.poll(() => errors).toEqual([EXPIRED])
    expect(numbers).toEqual([0])
    expect(api.outcomes.filter(({ type }) => type === 'rejected')).toEqual([
      { type: 'rejected', reason: 'superseded', path, sub: 'ann', sid: expect.any(String), jti: expect.any(String) },
    ])
    expect(await client.me.query()).toMatchObject(after)
  })

  test('that was opened after the renewal goes on', async () => {
    const { api, client, refreshToken } = await renewWith({ ...BEFORE, role: 'reader' })
    const { numbers, errors } = listenTo(client, path)
    await expect.poll(api.listening).toBe(1)
    await client.token.refresh.mutate({ refreshToken })
    api.emit(7)

    await expect.poll(() => numbers).toEqual([7])
    expect(errors).toEqual([])
  })

  test('of one subject, without sessions, ends by another sign-in of the same subject with another role', async () => {
    const claims: Record<string, Record<string, unknown>> = { ann: { sub: 'ann', role: 'writer' } }
    const api = await serveSignIns({ claims, sessions: false })
    const client = api.openSocket()
    await client.token.create.mutate({ name: 'ann' })
    const { numbers, errors } = listenTo(client, path)
    await expect.poll(api.listening).toBe(1)
    await client.token.create.mutate({ name: 'ann' })
    api.emit(1)
    await expect.poll(() => numbers).toEqual([1])
    claims['ann'] = { sub: 'ann', role: 'reader' }
    await client.token.create.mutate({ name: 'ann' })
    api.emit(2)

    await expect.poll(() => errors).toEqual([EXPIRED])
    expect(numbers).toEqual([1])
  })

  test('of tokens without sub and sid ends by any other token', async () => {
    const api = await serveSignIns({ claims: { one: { team: 1 }, other: { team: 1 } }, sessions: false })
    const client = api.openSocket()
    await client.token.create.mutate({ name: 'one' })
    const { numbers, errors } = listenTo(client, path)
    await expect.poll(api.listening).toBe(1)
    await client.token.create.mutate({ name: 'other' })
    api.emit(1)

    await expect.poll(() => errors).toEqual(['UNAUTHORIZED: Invalid token (invalid)'])
    expect([numbers, api.reasons()]).toEqual([[], ['revoked']])
  })
})
