import { describe, expect, test } from 'vitest'

import { listenTo, serveSignIns } from '../support/sign-ins.ts'

const EXPIRED = ['UNAUTHORIZED: Token expired (expired)']

describe.each(['bySocket', 'bySse'] as const)('with a clock that steps, %s,', (way) => {
  describe.each(['generated', 'observed'] as const)('a stream, %s,', (path) => {
    async function open() {
      const time = { ahead: 0 }
      const api = await serveSignIns({ clock: () => new Date(Date.now() + time.ahead * 1_000) })
      const socket = api.openSocket()
      const { token } = await socket.token.create.mutate({ name: 'ann' })
      const stream = listenTo(way === 'bySocket' ? socket : api.openSse(token), path)
      await expect.poll(api.listening).toBe(1)
      api.emit(0)
      await expect.poll(() => stream.numbers).toEqual([0])
      return { api, time, ...stream }
    }

    test('ends before the first event after its token expired, long before any timer', async () => {
      const { api, time, numbers, errors } = await open()
      time.ahead = 900
      api.emit(1)

      await expect.poll(() => errors).toEqual(EXPIRED)
      expect(numbers).toEqual([0])
      expect(api.reasons()).toEqual(['expired'])
    })

    test('goes on where its token has a moment left', async () => {
      const { api, time, numbers, errors } = await open()
      time.ahead = 840
      api.emit(1)

      await expect.poll(() => numbers).toEqual([0, 1])
      expect(errors).toEqual([])
    })
  })
})

test.each(['generated', 'observed'] as const)(
  'a stream, %s, whose token was renewed over the socket lives by the new token: no event is lost or out of order',
  async (path) => {
    const time = { ahead: 0 }
    const api = await serveSignIns({ clock: () => new Date(Date.now() + time.ahead * 1_000) })
    const client = api.openSocket()
    let { refreshToken } = await client.token.create.mutate({ name: 'ann' })
    const { numbers, errors } = listenTo(client, path)
    await expect.poll(api.listening).toBe(1)
    for (let n = 0; n < 40; n += 2) {
      time.ahead += 600
      ;({ refreshToken } = await client.token.refresh.mutate({ refreshToken }))
      api.emit(n)
      api.emit(n + 1)
    }

    await expect.poll(() => numbers).toEqual(Array.from({ length: 40 }, (_, n) => n))
    expect(errors).toEqual([])
    time.ahead += 901
    api.emit(40)
    await expect.poll(() => errors).toEqual(EXPIRED)
  },
)
