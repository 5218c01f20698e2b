import { decodeJwt } from 'jose'
import { memorySessions, type SessionStore } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { everyTextIn } from '../support/every-text.ts'
import { mint } from '../support/mint.ts'
import { sendRaw } from '../support/raw.ts'
import {
  clientOf,
  createSessionApi,
  EXPIRED,
  INVALID,
  NOT_AUTHORISED,
  serveSessionApi,
  sidOf,
  told,
} from '../support/session-api.ts'

const generationOf = ({ refreshToken }: { refreshToken: string }) => decodeJwt(refreshToken)['generation']

test('H1 each use gives a new refresh token, and makes the old one unusable after the grace', async () => {
  const { signIn, refresh, clock } = await serveSessionApi()
  const first = await signIn()
  const second = await refresh(first.refreshToken)
  clock.now += 10
  const third = await refresh(second.refreshToken)
  clock.now += 10

  expect([first, second, third].map(generationOf)).toEqual([0, 1, 2])
  expect(new Set([first, second, third].map(({ refreshToken }) => refreshToken)).size).toBe(3)
  expect(await told(refresh(second.refreshToken))).toBe(NOT_AUTHORISED)
})

test('H1 without a grace the old one is unusable at once', async () => {
  const { signIn, refresh } = await serveSessionApi({ grace: 0 })
  const { refreshToken } = await signIn()
  await refresh(refreshToken)

  expect(await told(refresh(refreshToken))).toBe(NOT_AUTHORISED)
})

test.each([0, 10])('H2 reuse ends the whole session and its access tokens, with a grace of %d', async (grace) => {
  const { signIn, refresh, visit, clock } = await serveSessionApi({ grace })
  const [stolen, other] = [await signIn(), await signIn()]
  const second = await refresh(stolen.refreshToken)
  clock.now += grace

  expect(await visit(second.token)).toBe('ann is a reader')
  expect(await told(refresh(stolen.refreshToken))).toBe(NOT_AUTHORISED)
  expect([await visit(stolen.token), await visit(second.token)]).toEqual([INVALID, INVALID])
  expect(await told(refresh(second.refreshToken))).toBe(NOT_AUTHORISED)
  expect(await visit(other.token)).toBe('ann is a reader')
})

const createCaller = (options: Parameters<typeof createSessionApi>[0]) => {
  const api = createSessionApi(options)
  return { ...api, caller: api.jwt.tokenRouter.createCaller(api.jwt.createContext()) }
}

describe('H3 50 uses at once, 100 times', () => {
  const all = Array.from({ length: 50 })

  test('H3 within the grace all get one generation, and those before it are reuse', async () => {
    const { caller, clock, store } = createCaller({ grace: 10 })
    const first = await caller.create({ name: 'ann' })
    let { refreshToken } = first
    for (let generation = 1; generation <= 100; generation += 1) {
      clock.now += 10
      const pairs = await Promise.all(all.map(() => caller.refresh({ refreshToken })))
      expect(new Set(pairs.map(generationOf))).toEqual(new Set([generation]))
      refreshToken = pairs[generation % 50]?.refreshToken ?? ''
    }
    expect(store.size).toBe(1)
    await expect(caller.refresh(first)).rejects.toThrow('Not authorised')
    await expect(caller.refresh({ refreshToken })).rejects.toThrow('Not authorised')
  })

  test('H3 without a grace one use at most succeeds, and what it got is worth nothing: the rest were reuse', async () => {
    const { caller, store } = createCaller({ grace: 0 })
    for (let round = 1; round <= 100; round += 1) {
      const { refreshToken } = await caller.create({ name: 'ann' })
      const uses = await Promise.allSettled(all.map(() => caller.refresh({ refreshToken })))
      const successors = uses.flatMap((use) => (use.status === 'fulfilled' ? [use.value] : []))
      expect(successors.map(generationOf)).toEqual([1])
      await expect(caller.refresh(successors[0] ?? { refreshToken })).rejects.toThrow('Not authorised')
    }
    expect(store.size).toBe(0)
  })
})

test('H4 reuse is seen as long as the session could live, whatever was issued since', async () => {
  const { signIn, refresh, visit, clock } = await serveSessionApi({ expiresIn: '30d' })
  const first = await signIn()
  let newest = await refresh(first.refreshToken)
  for (let day = 1; day < 30; day += 1) {
    clock.now += 86_400
    newest = await refresh(newest.refreshToken)
  }
  clock.now += 86_399

  expect(await told(refresh(first.refreshToken))).toBe(NOT_AUTHORISED)
  expect(await visit(newest.token)).toBe(EXPIRED)
  expect(await told(refresh(newest.refreshToken))).toBe(NOT_AUTHORISED)
})

test('H5 the end is absolute: no rotation moves it, and no token outlives it', async () => {
  const { signIn, refresh, visit, clock } = await serveSessionApi({ expiresIn: '1h', jwt: { clockTolerance: 60 } })
  const endsAt = clock.now + 3_600
  let tokens = await signIn()
  for (let minutes = 10; minutes < 60; minutes += 10) {
    clock.now += 600
    tokens = await refresh(tokens.refreshToken)
    expect(decodeJwt(tokens.refreshToken).exp).toBe(endsAt)
    expect(decodeJwt(tokens.token).exp).toBeLessThanOrEqual(endsAt)
  }
  clock.now = endsAt - 0.001
  expect(await visit(tokens.token)).toBe('ann is a reader')
  clock.now = endsAt
  expect(await visit(tokens.token)).toBe(INVALID)
  expect(await told(refresh(tokens.refreshToken))).toBe(NOT_AUTHORISED)
})

test('H6 a caller cannot widen what reauthorise grants', async () => {
  const { url, signIn, jwt } = await serveSessionApi()
  const { refreshToken } = await signIn()
  const wishes = { scope: 'admin', role: 'writer', sub: 'bob', generation: 7, exp: 9e9 }
  const response = await sendRaw(`${url}/token.refresh`, [], {
    method: 'POST',
    body: JSON.stringify({ refreshToken, ...wishes }),
  })
  const { result } = JSON.parse(response.body) as { result: { data: { token: string } } }

  expect(await jwt.verify(result.data.token)).toMatchObject({ sub: 'ann', role: 'reader' })
  expect(decodeJwt(result.data.token)).not.toHaveProperty('scope')
  const forged = mint({ ...decodeJwt(refreshToken), scope: 'admin' }, { header: { typ: 'rt+jwt' } })
  const renewed = await clientOf(url).token.refresh.mutate({ refreshToken: forged })
  expect(decodeJwt(renewed.token)).not.toHaveProperty('scope')
})

test('H7 no token, no part of one and no claim of the app gets to the store', async () => {
  const seen: unknown[] = []
  const memory = memorySessions()
  const names = ['start', 'isLive', 'rotate', 'end', 'endAll'] as const
  const spies = names.map((name) => [
    name,
    (...args: unknown[]) => {
      seen.push(name, args)
      return (memory[name] as (...given: unknown[]) => unknown)(...args)
    },
  ])
  const { signIn, refresh, revoke, visit, jwt } = await serveSessionApi({
    store: Object.fromEntries(spies) as SessionStore,
  })
  const first = await signIn()
  const second = await refresh(first.refreshToken)
  await visit(second.token)
  await revoke(second.token, second.refreshToken)
  await jwt.endSessions('ann', { except: 'x' })
  const tokens = [first, second].flatMap(({ token, refreshToken }) => [token, refreshToken])
  const secrets = tokens.flatMap((token) => [...token.split('.'), String(decodeJwt(token).jti), 'reader'])
  const texts = everyTextIn(seen)

  expect(names.filter((name) => !texts.includes(name))).toEqual([])
  expect(texts).toContain(sidOf(first.token))
  expect(secrets.filter((secret) => texts.some((text) => text.includes(secret)))).toEqual([])
})

test('H8 inside the grace the same generation comes back, after it the token is reused', async () => {
  const { signIn, refresh, visit, clock } = await serveSessionApi({ grace: 10 })
  const { refreshToken } = await signIn()
  const second = await refresh(refreshToken)
  clock.now += 9.999
  const again = [await refresh(refreshToken), await refresh(second.refreshToken)]

  expect([second, ...again].map(generationOf)).toEqual([1, 1, 1])
  expect(await visit((await refresh(again[0]?.refreshToken ?? '')).token)).toBe('ann is a reader')
  clock.now += 0.001
  expect(await told(refresh(refreshToken))).toBe(NOT_AUTHORISED)
  expect(await told(refresh(second.refreshToken))).toBe(NOT_AUTHORISED)
})

test('H8 the grace forgives one generation, not two', async () => {
  const { signIn, refresh, clock } = await serveSessionApi({ grace: 10 })
  const first = await signIn()
  const second = await refresh(first.refreshToken)
  clock.now += 10
  const third = await refresh(second.refreshToken)

  expect(await told(refresh(first.refreshToken))).toBe(NOT_AUTHORISED)
  expect(await told(refresh(third.refreshToken))).toBe(NOT_AUTHORISED)
})

test('H9 unknown, expired, reused, ended, banned and garbage are answered alike, by the byte', async () => {
  const { url, signIn, refresh, revoke, users, clock } = await serveSessionApi({ grace: 0, expiresIn: '1h' })
  const expired = await signIn()
  clock.now += 3_600
  const [reused, ended, banned] = [await signIn(), await signIn(), await signIn('bob')]
  await refresh(reused.refreshToken)
  await revoke(ended.token)
  users.set('bob', 'banned')
  const claims = decodeJwt(ended.refreshToken)
  const unknown = mint({ ...claims, sid: 'unknown' }, { header: { typ: 'rt+jwt' } })
  const ahead = mint({ ...decodeJwt(reused.refreshToken), generation: 9 }, { header: { typ: 'rt+jwt' } })
  const refused = [expired, reused, ended, banned].map(({ refreshToken }) => refreshToken)
  const answers = []
  for (const refreshToken of [...refused, unknown, ahead, reused.token, 'garbage', '']) {
    const { status, headers, body } = await sendRaw(`${url}/token.refresh`, [], {
      method: 'POST',
      body: JSON.stringify({ refreshToken }),
    })
    answers.push(JSON.stringify([status, headers.filter(([name]) => name !== 'Date'), body]))
  }

  expect(new Set(answers).size).toBe(1)
  expect(answers[0]).toMatch(/^\[401,.*Not authorised/)
})

test('H10 maxAge refuses a token that was just refreshed from an old sign-in', async () => {
  const { url, signIn, refresh, clock } = await serveSessionApi()
  const first = await signIn()
  clock.now += 300
  const second = await refresh(first.refreshToken)
  expect(await told(clientOf(url, second.token).recent.query())).toBe('changed')
  clock.now += 1
  const third = await refresh(second.refreshToken)

  expect(await told(clientOf(url, third.token).recent.query())).toBe('UNAUTHORIZED: Recent authentication required')
  expect(await told(clientOf(url, (await signIn()).token).recent.query())).toBe('changed')
})

test('H11 two honest renewals within the grace, then a third with the first token: nobody is logged out', async () => {
  const { signIn, refresh, visit, clock } = await serveSessionApi({ grace: 10 })
  const { refreshToken } = await signIn()
  const one = await refresh(refreshToken)
  clock.now += 3
  const two = await refresh(one.refreshToken)
  clock.now += 3
  const three = await refresh(refreshToken)

  expect([one, two, three].map(generationOf)).toEqual([1, 1, 1])
  expect(await Promise.all([one, two, three].map(({ token }) => visit(token)))).toEqual(
    [one, two, three].map(() => 'ann is a reader'),
  )
  clock.now += 10
  const next = await refresh(two.refreshToken)
  expect(generationOf(next)).toBe(2)
  expect(await visit(next.token)).toBe('ann is a reader')
})
