import { initTRPC, TRPCError } from '@trpc/server'
import { createJwtTrivial, JwtRejection, jwtErrorData } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { PASSPHRASE } from '../support/mint.ts'
import { headerValues, sendRaw } from '../support/raw.ts'
import { serve } from '../support/serve.ts'

const BRAND = Symbol.for('trpc-jwt-trivial.rejection')
const EVIL = 'x", error="none"\r\nset-cookie: a=1'

const throwing = () => {
  throw new Error('a getter that throws')
}

/** An error with the brand of a rejection, and with these members. */
const branded = (members: object) => Object.assign(new Error('odd'), { [BRAND]: true }, members)

const revoked = () => {
  const { proxy, revoke } = Proxy.revocable(branded({ reason: 'missing' }), {})
  revoke()
  return proxy
}

/** What is no rejection, though it has the brand or says so. */
const NO_REJECTIONS: [string, object][] = [
  ['without a reason', branded({})],
  ['with a number', branded({ reason: 5 })],
  ['with a symbol', branded({ reason: Symbol('missing') })],
  ['with an object that throws as a text', branded({ reason: { toString: throwing } })],
  ['with a getter that throws', Object.defineProperty(branded({}), 'reason', { get: throwing })],
  ['with another brand', branded({ reason: 'missing', [BRAND]: 'yes' })],
  ['with the name alone', Object.assign(new Error('odd'), { name: 'JwtRejection', reason: 'missing' })],
  ['that is a revoked proxy', revoked()],
]

/** What counts as a rejection, and what a client is told of it. */
const ODD: [string, object, string][] = [
  ['a reason that nobody knows', branded({ reason: 'nonsense' }), 'invalid'],
  ['a reason that every object has', branded({ reason: 'toString' }), 'invalid'],
  ['the reason __proto__', branded({ reason: '__proto__' }), 'invalid'],
  ['a scope for another header', branded({ reason: 'insufficient_scope', scope: EVIL }), 'insufficient_scope'],
  ['a scope that is a number', branded({ reason: 'insufficient_scope', scope: 5 }), 'insufficient_scope'],
  ['an age for another header', branded({ reason: 'too_old', maxAge: EVIL }), 'too_old'],
  ['an age that is no number', branded({ reason: 'too_old', maxAge: Number.NaN }), 'too_old'],
  ['a rejection that the app made', new JwtRejection('insufficient_scope', { scope: EVIL }), 'insufficient_scope'],
]

const jwt = createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => true })

/** What a client gets if a procedure throws an error with such a cause. */
async function answerTo(cause: object, code: 'UNAUTHORIZED' | 'FORBIDDEN') {
  const error = new TRPCError({ code, message: 'The app said no' })
  Object.defineProperty(error, 'cause', { value: cause })
  const t = initTRPC.context<typeof jwt.createContext>().create({
    errorFormatter: (opts) => ({ ...opts.shape, data: { ...opts.shape.data, ...jwtErrorData(opts.error) } }),
  })
  const fail = t.procedure.query(() => {
    throw error
  })
  const url = await serve(t.router({ fail }), jwt)
  const response = await sendRaw(`${url}/fail`, [])
  const { error: told } = JSON.parse(response.body) as { error: { data: { jwt: unknown } } }
  return {
    status: response.status,
    challenge: headerValues(response, 'www-authenticate'),
    jwt: told.data.jwt,
    response,
  }
}

describe('an error that looks like a rejection', () => {
  test.each(NO_REJECTIONS)('%s is an error of the app', async (_, cause) => {
    expect(cause instanceof JwtRejection).toBe(false)
    expect(await answerTo(cause, 'UNAUTHORIZED')).toMatchObject({
      status: 401,
      challenge: ['Bearer realm="trpc"'],
      jwt: null,
    })
  })

  test.each(ODD)('with %s breaks no answer and no header', async (_, cause, reason) => {
    const [unauthorised, forbidden] = [await answerTo(cause, 'UNAUTHORIZED'), await answerTo(cause, 'FORBIDDEN')]

    for (const answer of [unauthorised, forbidden]) {
      expect(answer.jwt).toEqual({ reason })
      expect(answer.challenge).toEqual([expect.stringMatching(/^Bearer realm="trpc"(?:, error="\w+")?$/)])
      expect(headerValues(answer.response, 'set-cookie')).toEqual([])
    }
    expect([unauthorised.status, forbidden.status]).toEqual([401, 403])
  })

  test.each([...NO_REJECTIONS, ...ODD].map(([name, cause]) => [name, cause] as const))(
    '%s, thrown by `authorise`, ends the sign-in and no more',
    async (_, cause) => {
      const app = createJwtTrivial({
        passphrase: PASSPHRASE,
        authorise: () => {
          throw cause
        },
      })
      const url = await serve(app.tokenRouter, app)
      const { status } = await sendRaw(`${url}/create`, [], { method: 'POST', body: '' })

      expect([401, 403, 500]).toContain(status)
    },
  )
})
