import { createJwtVerifier, memorySessions } from 'trpc-jwt-trivial'
import { describe, expect, test, vi } from 'vitest'

import { call, invalid, refusal, refusalOf } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'
import { createSessionApi, sidOf } from '../support/session-api.ts'

describe('a verifier with sessions', () => {
  test('asks the store whether the session is live, and nothing else', async () => {
    const { jwt, store, clock } = createSessionApi()
    const isLive = vi.fn<(sid: string) => Promise<boolean>>((sid) => store.isLive(sid))
    const verifier = createJwtVerifier({ passphrase: PASSPHRASE, clock: clock.read, sessions: { store: { isLive } } })
    const token = await jwt.createAccessToken({ sub: 'ann', role: 'reader' })

    expect(await call(verifier, token)).toMatchObject({ sub: 'ann' })
    expect(isLive.mock.calls).toEqual([[sidOf(token)]])
    await jwt.endSession(sidOf(token))
    expect(await refusal(verifier, token)).toEqual(invalid('revoked'))
  })

  test.each([
    ['without sid', {}, 'revoked'],
    ['with a sid that the store does not know', { sid: 'unknown' }, 'revoked'],
    ['with a sid that is no text', { sid: 5 }, 'invalid_claims'],
    ['without sub', { sid: 'unknown', sub: undefined }, 'invalid_claims'],
  ] as const)('refuses a good token %s', async (_what, claims, reason) => {
    const verifier = createJwtVerifier({ passphrase: PASSPHRASE, sessions: { store: memorySessions() } })

    expect(await refusal(verifier, mint(claims))).toEqual(invalid(reason))
  })

  test('refuses all tokens once the store was wiped', async () => {
    const { jwt, clock } = createSessionApi()
    const token = await jwt.createAccessToken({ sub: 'ann', role: 'reader' })
    const sessions = { store: memorySessions() }

    expect(await refusal(createJwtVerifier({ passphrase: PASSPHRASE, clock: clock.read, sessions }), token)).toEqual(
      invalid('revoked'),
    )
  })

  test('without sessions takes the tokens until they expire', async () => {
    const { jwt, clock } = createSessionApi()
    const token = await jwt.createAccessToken({ sub: 'ann', role: 'reader' })
    await jwt.endSession(sidOf(token))

    expect(await call(createJwtVerifier({ passphrase: PASSPHRASE, clock: clock.read }), token)).toMatchObject({
      sub: 'ann',
    })
  })
})

test('verify asks for the session too', async () => {
  const { jwt } = createSessionApi()
  const token = await jwt.createAccessToken({ sub: 'ann', role: 'reader' })
  await jwt.endSessions('ann')

  expect(await refusalOf(jwt.verify(token))).toEqual(invalid('revoked'))
})
