import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { call, invalid } from '../support/call.ts'
import { startKeyServer } from '../support/key-server.ts'
import { refusedBy, verifierOf } from '../support/provider.ts'
import { createSigner } from '../support/signer.ts'

const [ann, mallory] = await Promise.all([createSigner('one'), createSigner('two')])

/** Fakes the date only: timers and sockets are real. */
const passSeconds = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => {
  vi.useRealTimers()
})

test(
  '1,000 tokens with random kids, one after another, cause no second fetch, and valid tokens are still accepted',
  { timeout: 30_000 },
  async () => {
    const server = await startKeyServer(ann.publicJwk)
    const jwt = verifierOf(server.url)
    const forged = await Promise.all(Array.from({ length: 1000 }, (_, i) => mallory.sign({}, { kid: `random-${i}` })))

    for (const token of forged) expect(await refusedBy(jwt, token)).toEqual(invalid('bad_signature'))
    expect(await call(jwt, await ann.sign())).toMatchObject({ sub: 'ann' })
    expect(server.requests).toBe(1)
  },
)

test(
  '1,000 tokens with random kids at once, after the cooldown, cause one more fetch',
  { timeout: 30_000 },
  async () => {
    const server = await startKeyServer(ann.publicJwk)
    const jwt = verifierOf(server.url)
    await call(jwt, await ann.sign())
    passSeconds(31)
    const forged = await Promise.all(Array.from({ length: 1000 }, (_, i) => mallory.sign({}, { kid: `random-${i}` })))
    const refusals = await Promise.all(forged.map((token) => refusedBy(jwt, token)))

    expect(refusals).toEqual(forged.map(() => invalid('bad_signature')))
    expect(server.requests).toBe(2)
  },
)
