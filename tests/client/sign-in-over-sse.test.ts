import { createSession } from 'trpc-jwt-trivial/client'
import { expect, test } from 'vitest'

import { ANN, BOB, createClientApi, memoryStorage, serveClientApi, sleep } from '../support/client-api.ts'
import { CHANGED } from '../support/client-errors.ts'
import { readWords } from '../support/follow.ts'
import { createLine } from '../support/line.ts'
import { clientOverSse } from '../support/session-clients.ts'

async function start() {
  const api = createClientApi()
  const { url } = await serveClientApi(api)
  const line = await createLine(url)
  const storage = memoryStorage()
  const tab = () => {
    const session = createSession({ storage })
    return { session, trpc: clientOverSse(session, { url, streamUrl: line.url }) }
  }
  return { api, line, tab }
}

test('a stream ends when another user signs in, and does not come back after a break of the network', async () => {
  const { line, tab } = await start()
  const { trpc } = tab()
  await trpc.token.create.mutate(ANN)
  const anns = readWords(trpc, 'mail')
  await expect.poll(() => anns.words.length).toBeGreaterThan(2)
  await trpc.token.create.mutate(BOB)
  line.cut()
  await sleep(100)
  const { length } = anns.words
  await sleep(3_500) // the pause before an EventSource reconnects

  expect([anns.errors, anns.words.length]).toEqual([[CHANGED], length])
  expect(new Set(anns.words)).toEqual(new Set(['Mail for ann.']))
})

test('a stream that reconnects after a sign-in in another tab, without a storage event, is not served as the new user', async () => {
  const { line, tab } = await start()
  const [first, second] = [tab(), tab()]
  await first.trpc.token.create.mutate(ANN)
  const anns = readWords(first.trpc, 'mail')
  await expect.poll(() => anns.words.length).toBeGreaterThan(2)
  await second.trpc.token.create.mutate(BOB)
  line.cut()
  await sleep(3_500) // the pause before an EventSource reconnects
  await first.trpc.hello.query().catch(() => {})

  expect(anns.words.filter((word) => word !== 'Mail for ann.')).toEqual([])
  expect(anns.errors).toEqual([CHANGED])
})

test('a stream opened before any sign-in goes on after a sign-in and a break of the network, still as nobody', async () => {
  const { line, tab } = await start()
  const { trpc } = tab()
  const open = readWords(trpc, 'mail')
  await expect.poll(() => open.words.length).toBeGreaterThan(2)
  await trpc.token.create.mutate(ANN)
  line.cut()
  const { length } = open.words
  await expect.poll(() => open.words.length, { timeout: 6_000 }).toBeGreaterThan(length + 2)

  expect([open.errors, new Set(open.words)]).toEqual([[], new Set(['Mail for nobody.'])])
})
