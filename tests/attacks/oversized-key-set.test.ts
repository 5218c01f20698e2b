import { gzipSync } from 'node:zlib'

import { afterEach, expect, test, vi } from 'vitest'

import { call } from '../support/call.ts'
import { answering, flooding, startKeyServer } from '../support/key-server.ts'
import { refusedBy, unavailable, verifierOf } from '../support/provider.ts'
import { createSigner } from '../support/signer.ts'

const MIB = 2 ** 20
const CHUNK = 64 * 1024
const ann = await createSigner('one')

afterEach(() => {
  vi.unstubAllGlobals()
})

/** The seconds until a token is rejected as unavailable. */
async function secondsUnavailable(url: string, token: string): Promise<number> {
  const start = performance.now()
  expect(await refusedBy(verifierOf(url), token)).toEqual(unavailable)
  return (performance.now() - start) / 1000
}

test('reading a body of 50 MB stops at the first chunk over 1 MiB', async () => {
  let [pulled, cancelled] = [0, false]
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        pulled += CHUNK
        if (pulled > 50_000_000) controller.close()
        else controller.enqueue(new Uint8Array(CHUNK).fill(0x20))
      },
      cancel: () => void (cancelled = true),
    },
    { highWaterMark: 0 },
  )
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(body)))

  expect(await refusedBy(verifierOf('https://issuer.example/jwks'), await ann.sign())).toEqual(unavailable)
  expect({ pulled, cancelled }).toEqual({ pulled: MIB + CHUNK, cancelled: true })
})

test('a server that sends 50 MB is cut off before it has sent 16 MiB', async () => {
  const server = await startKeyServer()
  let sent = 0
  server.behave(flooding(50_000_000, (bytes) => (sent = bytes)))

  expect(await secondsUnavailable(server.url, await ann.sign())).toBeLessThan(1.9)
  await vi.waitFor(() => expect(server.open).toBe(0), 3000)
  expect(sent).toBeGreaterThanOrEqual(MIB)
  expect(sent).toBeLessThan(16 * MIB)
})

test('the 50 MB body of an error response is not read', async () => {
  const server = await startKeyServer()
  let sent = 0
  server.behave(flooding(50_000_000, (bytes) => (sent = bytes), 500))

  expect(await secondsUnavailable(server.url, await ann.sign())).toBeLessThan(1.9)
  await vi.waitFor(() => expect(server.open).toBe(0), 4000)
  expect(sent).toBeLessThan(16 * MIB)
})

test('a small compressed body that unpacks to 50 MB is unavailable', async () => {
  const server = await startKeyServer()
  const bomb = gzipSync(JSON.stringify({ keys: [ann.publicJwk], padding: ' '.repeat(50_000_000) }))
  server.behave(answering(bomb, { headers: { 'content-encoding': 'gzip' } }))

  expect(bomb.length).toBeLessThan(MIB)
  expect(await refusedBy(verifierOf(server.url), await ann.sign())).toEqual(unavailable)
})

test('a set of exactly 1 MiB is accepted, and one byte more is unavailable', async () => {
  const server = await startKeyServer()
  const set = JSON.stringify({ keys: [ann.publicJwk] })

  server.behave(answering(set.padEnd(MIB)))
  expect(await call(verifierOf(server.url), await ann.sign())).toMatchObject({ sub: 'ann' })
  server.behave(answering(set.padEnd(MIB + 1)))
  expect(await refusedBy(verifierOf(server.url), await ann.sign())).toEqual(unavailable)
})
