import { createSession, type Session } from 'trpc-jwt-trivial/client'
import { expect, test } from 'vitest'

import { ANN, createClientApi, serveClientApi, sleep } from '../support/client-api.ts'
import { countUp, follow, readWords } from '../support/follow.ts'
import { createLine } from '../support/line.ts'
import { clientOverSse } from '../support/session-clients.ts'

const LIFETIME = 3

async function start(expiresIn = LIFETIME) {
  const tokens: unknown[] = []
  const api = createClientApi({ expiresIn })
  const { url } = await serveClientApi(api)
  const line = await createLine(url)
  const session = createSession()
  const eventSourceOptions: Session['eventSourceOptions'] = (call) => ({
    fetch: (input, init) =>
      session
        .eventSourceOptions(call)
        .fetch(input, init)
        .then((response) => {
          tokens.push(session.claims?.['jti'])
          return response
        }),
  })
  const client = clientOverSse(session, { url, streamUrl: line.url, eventSourceOptions })
  await client.token.create.mutate(ANN)
  return { api, client, session, tokens, cut: () => line.cut() }
}

test(
  'a tracked stream outlives three tokens and a line that is cut: no event is lost or doubled',
  { timeout: 20_000 },
  async () => {
    const { client, tokens, cut } = await start()
    const { numbers, errors, unsubscribe } = follow(client)
    const end = Date.now() + (3 * LIFETIME + 1) * 1_000
    while (Date.now() < end) {
      await sleep(3_700)
      cut()
    }
    await sleep(3_500)
    unsubscribe()

    expect(errors).toEqual([])
    expect(numbers.length).toBeGreaterThan(100)
    expect(numbers).toEqual(countUp(numbers))
    expect(new Set(tokens).size).toBeGreaterThanOrEqual(4)
  },
)

test('a quiet stream reconnects at each expiry, not only at the first', { timeout: 20_000 }, async () => {
  const { client, tokens } = await start(2)
  const { words, errors, unsubscribe } = readWords(client, 'quiet')
  await sleep(6_500)
  unsubscribe()

  expect(errors).toEqual([])
  expect(words.length).toBeGreaterThanOrEqual(3)
  expect(new Set(tokens).size).toBe(tokens.length)
})

test('a stream that the server always refuses is tried twice', async () => {
  const { api, client } = await start(900)
  const errors: string[] = []
  client.hostileStream.subscribe(undefined, { onError: ({ message }) => errors.push(message) })
  await expect.poll(() => errors, { timeout: 3_000 }).toEqual(['Token expired'])
  await sleep(300)

  expect(errors).toEqual(['Token expired'])
  expect([api.timesCalled('hostileStream'), api.timesCalled('token.refresh')]).toEqual([2, 1])
})

test('a stream that is unsubscribed while it waits for a renewal is never opened', async () => {
  const { api, client } = await start(2)
  await sleep(1_000)
  api.renewal.answer = () => sleep(200).then(() => true)
  const { unsubscribe } = follow(client)
  await sleep(50)
  unsubscribe()
  await sleep(300)

  expect(api.calls).not.toContain('count')
})

test(
  'when its session was ended elsewhere, a stream ends with its token, and signs out',
  { timeout: 10_000 },
  async () => {
    const { api, client, session } = await start(2)
    const { errors } = follow(client)
    await sleep(200)
    await api.jwt.endSessions('ann')
    await expect.poll(() => errors, { timeout: 4_000 }).toEqual(['Not authorised'])

    expect(session.signedIn).toBe(false)
  },
)
