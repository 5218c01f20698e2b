import { gzipSync } from 'node:zlib'

import { initTRPC } from '@trpc/server'
import type { BearerContext, JwtVerifier } from 'trpc-jwt-trivial'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { call, callBehind, contextWith, invalid, refusalOf } from '../support/call.ts'
import {
  answering,
  dripping,
  flooding,
  hangingBeforeHeaders,
  hangingInBody,
  startKeyServer,
} from '../support/key-server.ts'
import { refusedBy, unavailable, verifierOf } from '../support/provider.ts'
import { headerValues, sendRaw } from '../support/raw.ts'
import { serve } from '../support/serve.ts'
import { createSigner } from '../support/signer.ts'

const MIB = 2 ** 20
const CHUNK = 64 * 1024
const [ann, stranger] = await Promise.all([createSigner('one'), createSigner('two')])

/** Only the date is fake: timers and sockets are the real ones. */
const passSeconds = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** How long a call is unavailable for, in seconds of the real clock. */
async function secondsUnavailable(jwt: JwtVerifier, token: string): Promise<number> {
  const start = performance.now()
  expect(await refusedBy(jwt, token)).toEqual(unavailable)
  return (performance.now() - start) / 1000
}

const isTimeout = (seconds: number) => seconds > 1.9 && seconds < 4

describe('I5 answers without end', { timeout: 30_000 }, () => {
  test('I5 silence before the head, in the body, or blank after blank, is given up after 2 s', async () => {
    const servers = await Promise.all([startKeyServer(), startKeyServer(), startKeyServer()])
    const behaviours = [hangingBeforeHeaders, hangingInBody, dripping]
    behaviours.forEach((behaviour, i) => servers[i]?.behave(behaviour))
    const token = await ann.sign()
    const seconds = await Promise.all(servers.map(({ url }) => secondsUnavailable(verifierOf(url), token)))

    expect(seconds.filter((each) => !isTimeout(each))).toEqual([])
    await vi.waitFor(() => expect(servers.map(({ open }) => open)).toEqual([0, 0, 0]), 3000)
  })

  test('I5 while an unknown key waits for a silent server, known keys are served', async () => {
    const server = await startKeyServer(ann.publicJwk)
    const jwt = verifierOf(server.url)
    await call(jwt, await ann.sign())
    passSeconds(31)
    server.behave(hangingBeforeHeaders)
    const waiting = secondsUnavailable(jwt, await stranger.sign())
    await vi.waitFor(() => expect(server.open).toBe(1))

    expect(await call(jwt, await ann.sign({ sub: 'bob' }))).toMatchObject({ sub: 'bob' })
    expect(server.open).toBe(1)
    expect(isTimeout(await waiting)).toBe(true)
  })

  test('I5 of 50 MB no more is read than shows that it is over 1 MiB', async () => {
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

  test('I5 a server that wants to send 50 MB is cut off: what it got rid of lies in the sockets', async () => {
    const server = await startKeyServer()
    let sent = 0
    server.behave(flooding(50_000_000, (bytes) => (sent = bytes)))

    expect(await secondsUnavailable(verifierOf(server.url), await ann.sign())).toBeLessThan(1.9)
    await vi.waitFor(() => expect(server.open).toBe(0), 3000)
    expect(sent).toBeGreaterThanOrEqual(MIB)
    expect(sent).toBeLessThan(16 * MIB)
  })

  test('I5 an error with 50 MB behind it is not read', async () => {
    const server = await startKeyServer()
    let sent = 0
    server.behave(flooding(50_000_000, (bytes) => (sent = bytes), 500))

    expect(await secondsUnavailable(verifierOf(server.url), await ann.sign())).toBeLessThan(1.9)
    await vi.waitFor(() => expect(server.open).toBe(0), 4000)
    expect(sent).toBeLessThan(16 * MIB)
  })

  test('I5 a small answer that unpacks to 50 MB is over 1 MiB too', async () => {
    const server = await startKeyServer()
    const bomb = gzipSync(JSON.stringify({ keys: [ann.publicJwk], padding: ' '.repeat(50_000_000) }))
    server.behave(answering(bomb, { headers: { 'content-encoding': 'gzip' } }))

    expect(bomb.length).toBeLessThan(MIB)
    expect(await refusedBy(verifierOf(server.url), await ann.sign())).toEqual(unavailable)
  })

  test('I5 a set of exactly 1 MiB is read, and one of a byte more is not', async () => {
    const server = await startKeyServer()
    const set = JSON.stringify({ keys: [ann.publicJwk] })

    server.behave(answering(set.padEnd(MIB)))
    expect(await call(verifierOf(server.url), await ann.sign())).toMatchObject({ sub: 'ann' })
    server.behave(answering(set.padEnd(MIB + 1)))
    expect(await refusedBy(verifierOf(server.url), await ann.sign())).toEqual(unavailable)
  })
})

describe('I6 the key server is down', () => {
  test('I6 known keys serve for 10 minutes after the set was fetched, remembered tokens too, then nothing does', async () => {
    const server = await startKeyServer(ann.publicJwk)
    const jwt = verifierOf(server.url)
    const [remembered, fresh] = await Promise.all([ann.sign(), ann.sign({ sub: 'bob' })])
    await call(jwt, remembered)
    await call(jwt, remembered)
    await server.die()

    passSeconds(599)
    expect(await call(jwt, remembered)).toMatchObject({ sub: 'ann' })
    expect(await call(jwt, fresh)).toMatchObject({ sub: 'bob' })
    passSeconds(1)
    expect(await refusedBy(jwt, remembered)).toEqual(unavailable)
    expect(await refusedBy(jwt, fresh)).toEqual(unavailable)
  })

  test('I6 an unknown key is unavailable at once, and within the cooldown of 30 s just invalid', async () => {
    const server = await startKeyServer(ann.publicJwk)
    const jwt = verifierOf(server.url)
    const [known, unknown] = await Promise.all([ann.sign(), stranger.sign()])
    await call(jwt, known)
    passSeconds(31)
    server.behave(answering('', { status: 500 }))

    expect(await refusedBy(jwt, unknown)).toEqual(unavailable)
    expect(await refusedBy(jwt, unknown)).toEqual(invalid('bad_signature'))
    passSeconds(29)
    expect(await refusedBy(jwt, unknown)).toEqual(invalid('bad_signature'))
    expect(await call(jwt, known)).toMatchObject({ sub: 'ann' })
    expect(server.requests).toBe(2)
    passSeconds(1)
    expect(await refusedBy(jwt, unknown)).toEqual(unavailable)
    expect(server.requests).toBe(3)
  })

  test('I6 down from the first, everything is unavailable and one request goes out every 30 s', async () => {
    const server = await startKeyServer(ann.publicJwk)
    const jwt = verifierOf(server.url)
    const token = await ann.sign()
    server.behave(answering('', { status: 503 }))

    for (let i = 0; i < 20; i += 1) expect(await refusedBy(jwt, token)).toEqual(unavailable)
    expect(server.requests).toBe(1)
    server.behave(answering(JSON.stringify({ keys: [ann.publicJwk] })))
    passSeconds(29)
    expect(await refusedBy(jwt, token)).toEqual(unavailable)
    passSeconds(1)
    expect(await call(jwt, token)).toMatchObject({ sub: 'ann' })
    expect(server.requests).toBe(2)
  })

  test('I6 it comes back: the cooldown over, its keys serve again', async () => {
    const server = await startKeyServer(ann.publicJwk)
    const jwt = verifierOf(server.url)
    await call(jwt, await ann.sign())
    await server.die()
    passSeconds(600)
    expect(await refusedBy(jwt, await ann.sign())).toEqual(unavailable)
    await server.revive()
    passSeconds(30)

    expect(await call(jwt, await ann.sign())).toMatchObject({ sub: 'ann' })
  })

  test('I6 callers without credentials pass where they may, tokens are unavailable there too', async () => {
    const server = await startKeyServer()
    await server.die()
    const jwt = verifierOf(server.url)
    const optional = jwt.protect({ optional: true })

    expect(await callBehind(optional, contextWith(jwt))).toBeNull()
    expect(await refusalOf(callBehind(optional, contextWith(jwt, await ann.sign())))).toEqual(unavailable)
  })

  test('I6 over HTTP it is a 503 without a challenge', async () => {
    const server = await startKeyServer()
    await server.die()
    const jwt = verifierOf(server.url)
    const t = initTRPC.context<BearerContext>().create()
    const router = t.router({
      private: jwt.protectedProcedure.query(() => 'secret'),
      optional: jwt.protect({ optional: true }).query(() => 'half a secret'),
    })
    const url = await serve(router, { createContext: jwt.createContext, responseMeta: jwt.responseMeta })
    const authorization = `Authorization: Bearer ${await ann.sign()}`

    for (const path of ['private', 'optional']) {
      const response = await sendRaw(`${url}/${path}`, [authorization])
      expect(response.status).toBe(503)
      expect(headerValues(response, 'www-authenticate')).toEqual([])
      expect(JSON.parse(response.body)).toMatchObject({
        error: { message: 'Service unavailable', data: { code: 'SERVICE_UNAVAILABLE' } },
      })
    }
    expect((await sendRaw(`${url}/private`)).status).toBe(401)
  })
})
