import { describe, expect, test, vi } from 'vitest'

import { runningClock } from '../support/clock.ts'
import { holdAnswer, listenTo, reasonOf, serveSignIns, whoIs } from '../support/sign-ins.ts'

const ANN = { name: 'ann' }
const BOB = { name: 'bob' }

describe('the latest call decides whose a socket is, and not the latest answer:', () => {
  test.each([false, true])(
    'a slower token.create that began before, with a context of the app’s own: %s',
    async (spread) => {
      const api = await serveSignIns({ spread })
      const client = api.openSocket()
      const release = api.hold('ann')
      const ann = reasonOf(client.token.create.mutate(ANN))
      await client.token.create.mutate(BOB)
      const bobs = listenTo(client, 'generated')
      await expect.poll(api.listening).toBe(1)
      release()

      expect(await ann).toBe('not_authorised')
      expect(await whoIs(client)).toBe('bob')
      expect(api.store.size).toBe(1)
      api.emit(1)
      await expect.poll(() => bobs).toEqual({ numbers: [1], errors: [] })
      expect(api.outcomes.filter(({ type }) => type === 'issued')).toMatchObject([{ sub: 'bob' }])
    },
  )

  test('of two that are sent in one frame, the second', async () => {
    const api = await serveSignIns()
    const client = api.openSocket()
    const release = api.hold('ann')
    const both = [reasonOf(client.token.create.mutate(ANN)), client.token.create.mutate(BOB)]
    await both[1]
    release()

    expect(await both[0]).toBe('not_authorised')
    expect(await whoIs(client)).toBe('bob')
  })

  test('a token.create that began before a token.revoke', async () => {
    const api = await serveSignIns()
    const client = api.openSocket()
    const release = api.hold('ann')
    const ann = reasonOf(client.token.create.mutate(ANN))
    await client.token.revoke.mutate()
    release()

    expect(await ann).toBe('not_authorised')
    expect(await reasonOf(client.me.query())).toBe('missing')
    expect(api.store.size).toBe(0)
  })

  test('a token.create that began before one that is refused: the socket stays as it was', async () => {
    const api = await serveSignIns()
    const client = api.openSocket()
    await client.token.create.mutate(BOB)
    const release = api.hold('ann')
    const ann = reasonOf(client.token.create.mutate(ANN))
    await reasonOf(client.token.create.mutate({ name: 'nobody' }))
    release()

    expect(await ann).toBe('not_authorised')
    expect(await whoIs(client)).toBe('bob')
    expect(api.store.size).toBe(1)
  })

  test('a token.create on another socket does not matter', async () => {
    const api = await serveSignIns()
    const [one, other] = [api.openSocket(), api.openSocket()]
    const release = api.hold('ann')
    const ann = one.token.create.mutate(ANN)
    await other.token.create.mutate(BOB)
    await other.token.revoke.mutate()
    release()
    await ann

    expect(await whoIs(one)).toBe('ann')
  })

  test('a token.create whose session cannot be ended is refused all the same', async () => {
    const api = await serveSignIns()
    const client = api.openSocket()
    const release = api.hold('ann')
    const ann = reasonOf(client.token.create.mutate(ANN))
    await client.token.create.mutate(BOB)
    vi.spyOn(api.store, 'end').mockRejectedValue(new Error('The store is down'))
    release()

    expect(await ann).toBe('not_authorised')
    expect(await whoIs(client)).toBe('bob')
  })

  test('without sessions a slower token.create issues no token', async () => {
    const api = await serveSignIns({ sessions: false })
    const client = api.openSocket()
    const release = api.hold('ann')
    const ann = reasonOf(client.token.create.mutate(ANN))
    await client.token.create.mutate(BOB)
    release()

    expect(await ann).toBe('not_authorised')
    expect(await whoIs(client)).toBe('bob')
  })
})

describe('token.refresh becomes the bearer of its socket', () => {
  test('where the bearer belongs to its session, though it has expired', async () => {
    const clock = runningClock()
    const api = await serveSignIns({ clock: clock.read })
    const client = api.openSocket()
    const { refreshToken } = await client.token.create.mutate(ANN)
    clock.ahead = 901
    expect(await reasonOf(client.me.query())).toBe('expired')
    await client.token.refresh.mutate({ refreshToken })

    expect(await whoIs(client)).toBe('ann')
  })

  test('where the socket has no bearer', async () => {
    const api = await serveSignIns()
    const { refreshToken } = await api.openSocket().token.create.mutate(ANN)
    const client = api.openSocket()
    await client.token.refresh.mutate({ refreshToken })

    expect(await whoIs(client)).toBe('ann')
  })

  test('not where another sign-in was answered meanwhile, and it keeps its own answer', async () => {
    const api = await serveSignIns()
    const client = api.openSocket()
    const { refreshToken } = await client.token.create.mutate(ANN)
    const release = api.hold('ann')
    const late = client.token.refresh.mutate({ refreshToken })
    await client.token.create.mutate(BOB)
    release()
    const { token } = await late

    expect(await whoIs(client)).toBe('bob')
    expect(await whoIs(api.openSocket(token))).toBe('ann')
  })

  test('not where the bearer belongs to another session of the same user', async () => {
    const api = await serveSignIns()
    const { refreshToken } = await api.openSocket().token.create.mutate(ANN)
    const client = api.openSocket()
    await client.token.create.mutate(ANN)
    const { sid } = await client.me.query()
    await client.token.refresh.mutate({ refreshToken })

    expect(await client.me.query()).toMatchObject({ sid })
  })

  test('not where the bearer is no token of a session', async () => {
    const api = await serveSignIns()
    const { refreshToken } = await api.openSocket().token.create.mutate(ANN)
    const client = api.openSocket('a.forged.token')
    await client.token.refresh.mutate({ refreshToken })

    expect(await reasonOf(client.me.query())).toBe('invalid')
  })

  test('of two that began on a socket without a bearer, the first one that was answered', async () => {
    const api = await serveSignIns()
    const other = api.openSocket()
    const [ann, bob] = [await other.token.create.mutate(ANN), await other.token.create.mutate(BOB)]
    const client = api.openSocket()
    const release = api.hold('ann')
    const late = client.token.refresh.mutate({ refreshToken: ann.refreshToken })
    await client.token.refresh.mutate({ refreshToken: bob.refreshToken })
    release()
    await late

    expect(await whoIs(client)).toBe('bob')
  })

  test.each([
    ['with', ANN],
    ['without', undefined],
  ])('not where a token.revoke was answered meanwhile, on a socket that began %s a bearer', async (_with, first) => {
    const api = await serveSignIns()
    const client = api.openSocket()
    const { refreshToken } = await (first ? client : api.openSocket()).token.create.mutate(ANN)
    const { release, asked } = holdAnswer(api.store, 'rotate')
    const late = client.token.refresh.mutate({ refreshToken })
    await asked()
    await client.token.revoke.mutate({ refreshToken })
    release()
    await late

    expect(await reasonOf(client.me.query())).toBe('missing')
  })
})

describe('token.revoke takes the bearer from its socket', () => {
  test('though the bearer was renewed while the store was busy', async () => {
    const api = await serveSignIns()
    const client = api.openSocket()
    const { refreshToken } = await client.token.create.mutate(ANN)
    const rotation = holdAnswer(api.store, 'rotate')
    const renewal = client.token.refresh.mutate({ refreshToken })
    await rotation.asked()
    const end = holdAnswer(api.store, 'end')
    const revocation = client.token.revoke.mutate()
    await end.asked()
    rotation.release()
    await renewal
    end.release()
    await revocation

    expect(await reasonOf(client.me.query())).toBe('missing')
  })

  test('but not from a sign-in that was answered while the store was busy', async () => {
    const api = await serveSignIns()
    const client = api.openSocket()
    await client.token.create.mutate(ANN)
    const { release, asked } = holdAnswer(api.store, 'end')
    const revocation = client.token.revoke.mutate()
    await asked()
    await client.token.create.mutate(BOB)
    release()
    await revocation

    expect(await whoIs(client)).toBe('bob')
  })

  test('and not where the store could not end the session', async () => {
    const api = await serveSignIns()
    const client = api.openSocket()
    await client.token.create.mutate(ANN)
    vi.spyOn(api.store, 'end').mockRejectedValueOnce(new Error('The store is down'))

    expect(await reasonOf(client.token.revoke.mutate())).toBe('unavailable')
    expect(await whoIs(client)).toBe('ann')
  })
})
