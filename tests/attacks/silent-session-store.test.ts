import { memorySessions, type SessionStore } from 'trpc-jwt-trivial'
import { expect, test, vi } from 'vitest'

import { refusalOf } from '../support/call.ts'
import { headerValues, sendRaw } from '../support/raw.ts'
import { clientOf, serveSessionApi, told, UNAVAILABLE } from '../support/session-api.ts'

const unavailable = { reason: 'unavailable', code: 'SERVICE_UNAVAILABLE', message: 'Service unavailable' }

const silent = () => new Promise<never>(() => {})
const throwing = () => {
  throw new Error('no connection')
}
const answering = (answer: unknown) => () => Promise.resolve(answer) as Promise<never>

const failures: [string, () => Promise<never>][] = [
  ['throws', throwing],
  ['rejects', () => Promise.reject(new Error('connection lost'))],
  ['rejects with undefined', () => Promise.reject(undefined)],
  ['never answers', silent],
  ['answers undefined', answering(undefined)],
  ['answers null', answering(null)],
  ['answers 1', answering(1)],
  ["answers 'true'", answering('true')],
  ['answers an object', answering({ live: true })],
]

const withStore = (broken: Partial<SessionStore>) => serveSessionApi({ store: { ...memorySessions(), ...broken } })

test.each(failures)(
  'if isLive %s, a token gets a 503 without a challenge in less than 4 seconds',
  async (_how, isLive) => {
    const { url, signIn, outcomes } = await withStore({ isLive })
    const { token } = await signIn()
    const began = Date.now()
    const responses = await Promise.all(
      ['private', 'optional', 'recent'].map((path) => sendRaw(`${url}/${path}`, [`Authorization: Bearer ${token}`])),
    )

    expect(Date.now() - began).toBeLessThan(4_000)
    expect(responses.map(({ status }) => status)).toEqual([503, 503, 503])
    expect(responses.flatMap((response) => headerValues(response, 'www-authenticate'))).toEqual([])
    expect(responses.map(({ body }) => /"message":"([^"]*)"/.exec(body)?.[1])).toEqual(
      responses.map(() => 'Service unavailable'),
    )
    expect(outcomes.flatMap((outcome) => (outcome.type === 'rejected' ? [outcome.reason] : []))).toEqual(
      responses.map(() => 'unavailable'),
    )
    expect(await told(clientOf(url, token).hello.query())).toBe('Anyone may call this.')
    expect(await told(clientOf(url).optional.query())).toBeNull()
    expect(await told(clientOf(url).private.query())).toBe('UNAUTHORIZED: Authentication required')
  },
)

test('a call that waits for the store delays no other call, and the next valid answer of the store is used', async () => {
  const store = memorySessions()
  const answer = vi.spyOn(store, 'isLive')
  const { signIn, visit } = await serveSessionApi({ store })
  const { token } = await signIn()
  answer.mockImplementationOnce(silent)
  const hanging = visit(token)
  await vi.waitFor(() => expect(answer).toHaveBeenCalledTimes(1))

  expect(await visit(token)).toBe('ann is a reader')
  expect(await hanging).toBe(UNAVAILABLE)
  expect(await visit(token)).toBe('ann is a reader')
})

test.each(failures.slice(0, 4))('if start %s, no token is issued', async (_how, start) => {
  const { signIn, jwt } = await withStore({ start })
  const unasked = jwt.createAccessToken({ sub: 'ann', role: 'reader' })

  expect(await Promise.all([told(signIn()), refusalOf(unasked)])).toEqual([UNAVAILABLE, unavailable])
})

test.each([...failures, ['answers half a generation', answering({ generation: 0.5 })] as const])(
  'if rotate %s, no token is issued and the session stays live',
  async (_how, rotate) => {
    const { signIn, refresh, visit } = await withStore({ rotate })
    const { token, refreshToken } = await signIn()

    expect(await told(refresh(refreshToken))).toBe(UNAVAILABLE)
    expect(await visit(token)).toBe('ann is a reader')
  },
)

test.each(failures.slice(0, 4))('if end or endAll %s, the session is not reported as ended', async (_how, end) => {
  const { signIn, revoke, refresh, users, jwt } = await withStore({ end, endAll: end })
  const { token, refreshToken } = await signIn()
  users.set('ann', 'banned')
  const answers = [
    ...[revoke(token), revoke(undefined, refreshToken), refresh(refreshToken)].map(told),
    ...[jwt.endSession('x'), jwt.endSessions('ann')].map(refusalOf),
  ]

  expect(await Promise.all(answers)).toEqual([UNAVAILABLE, UNAVAILABLE, UNAVAILABLE, unavailable, unavailable])
})
