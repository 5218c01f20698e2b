import { TRPCError } from '@trpc/server'
import { createJwtTrivial, createJwtVerifier, type Outcome, type Retfunc } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { createApi, PASSWORD } from '../support/api.ts'
import { call, callBehind, contextWith, refusalOf } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'

const FORGED = mint({ jti: 'j' }, { passphrase: 'another passphrase of thirty-two bytes' })

/** The API, what `retfunc` saw, and a caller that presents a token. */
function record(answer: (outcome: Outcome) => unknown = () => undefined) {
  const outcomes: Outcome[] = []
  const retfunc = (outcome: Outcome) => {
    outcomes.push(outcome)
    return answer(outcome) as ReturnType<Retfunc>
  }
  const { jwt, appRouter } = createApi({ retfunc })
  return { jwt, outcomes, as: (token?: string) => appRouter.createCaller(contextWith(jwt, token)) }
}

const failing = (thrown: unknown) =>
  record(() => {
    throw thrown
  })

describe('retfunc sees', () => {
  test('a token that is issued, with the path that issued it', async () => {
    const { jwt, outcomes, as } = record()
    const { token } = await as().token.create({ name: 'ann', password: PASSWORD })
    const { jti } = await jwt.verify(token)

    expect(outcomes[0]).toEqual({ type: 'issued', path: 'token.create', sub: 'ann', jti })
  })

  test('a token that is accepted, with the path that it opened', async () => {
    const { outcomes, as } = record()
    await as(mint({ jti: 'j', sid: 's' })).private()

    expect(outcomes).toEqual([{ type: 'accepted', path: 'private', sub: 'ann', sid: 's', jti: 'j' }])
  })

  test('a refusal, with its reason; whom it is about only where the signature held', async () => {
    const { outcomes, as } = record()
    await Promise.allSettled([as().private()])
    await Promise.allSettled([as(FORGED).optional()])
    await Promise.allSettled([as(mint({ exp: 1, jti: 'j' })).write()])
    await Promise.allSettled([as(mint({ jti: 'j' })).admin()])
    await Promise.allSettled([as().token.create({ name: 'ann', password: 'guess' })])

    expect(outcomes).toEqual([
      { type: 'rejected', path: 'private', reason: 'missing' },
      { type: 'rejected', path: 'optional', reason: 'bad_signature' },
      { type: 'rejected', path: 'write', reason: 'expired', sub: 'ann', jti: 'j' },
      { type: 'rejected', path: 'admin', reason: 'insufficient_scope', sub: 'ann', jti: 'j' },
      { type: 'rejected', path: 'token.create', reason: 'not_authorised' },
    ])
  })

  test('verify and createAccessToken, which have no path', async () => {
    const { jwt, outcomes } = record()
    const { jti } = await jwt.verify(await jwt.createAccessToken({ sub: 'bob' }))
    await Promise.allSettled([jwt.verify('x')])

    expect(outcomes).toEqual([
      { type: 'issued', path: undefined, sub: 'bob', jti },
      { type: 'accepted', path: undefined, sub: 'bob', jti },
      { type: 'rejected', path: undefined, reason: 'malformed' },
    ])
  })

  test('no public call, no caller whom an optional procedure lets in without a token, no error of the app', async () => {
    const { outcomes, as } = record()
    await as(FORGED).hello()
    await as().optional()
    await Promise.allSettled([as().token.create({ name: 'ann' } as never)])

    expect(outcomes).toEqual([])
  })

  test('outcomes that are frozen, and never a token', async () => {
    const { outcomes, as } = record()
    const { token } = await as().token.create({ name: 'ann', password: PASSWORD })
    await as(token).private()
    await Promise.allSettled([as(`${token}x`).private(), as(token).admin()])
    const parts = [token, ...token.split('.')]

    expect(outcomes.map((outcome) => [outcome.type, Object.isFrozen(outcome)])).toEqual(
      ['issued', 'accepted', 'rejected', 'rejected'].map((type) => [expect.stringMatching(type), true]),
    )
    expect(parts.filter((part) => JSON.stringify(outcomes).includes(part))).toEqual([])
  })

  test('one outcome, where one instance is concatenated twice', async () => {
    const { jwt, outcomes } = record()
    const twice = jwt.protectedProcedure.concat(jwt.protectedProcedure).concat(jwt.protect({ scope: 'read' }))
    await callBehind(twice, contextWith(jwt, mint({ scope: 'read', jti: 'j' })))

    expect(outcomes).toEqual([{ type: 'accepted', path: 'whoami', sub: 'ann', jti: 'j' }])
  })

  test('one outcome there too, where the claims schema makes a Date', async () => {
    const outcomes: Outcome[] = []
    const jwt = createJwtVerifier({
      passphrase: PASSPHRASE,
      claims: z.object({ since: z.coerce.date() }),
      retfunc: (outcome) => void outcomes.push(outcome),
    })
    const twice = jwt.protectedProcedure.concat(jwt.protectedProcedure)
    await callBehind(twice, contextWith(jwt, mint({ since: '2026-01-01' })))

    expect(outcomes).toEqual([{ type: 'accepted', path: 'whoami', sub: 'ann' }])
  })

  test('its own outcome, where another instance has accepted the call before', async () => {
    const [first, second] = [record(), record()]
    await callBehind(first.jwt.protectedProcedure.concat(second.jwt.protectedProcedure), contextWith(first.jwt, mint()))

    expect(first.outcomes).toEqual([{ type: 'accepted', path: 'whoami', sub: 'ann' }])
    expect(second.outcomes).toEqual(first.outcomes)
  })

  test('an outcome for each call of a batch, though the token is verified once', async () => {
    const { outcomes, as } = record()
    const caller = as(mint())
    await Promise.all([caller.private(), caller.optional(), caller.private()])

    expect(outcomes.map(({ path }) => path)).toEqual(['private', 'optional', 'private'])
  })
})

describe('what retfunc returns', () => {
  const replacement = new TRPCError({ code: 'NOT_FOUND', message: 'There is nothing here' })

  test('is sent instead of a rejection, if it is a TRPCError', async () => {
    const { jwt, as } = record(() => replacement)

    await expect(as().private()).rejects.toBe(replacement)
    await expect(as(FORGED).private()).rejects.toBe(replacement)
    await expect(as().token.create({ name: 'ann', password: 'guess' })).rejects.toBe(replacement)
    await expect(jwt.verify('x')).rejects.toBe(replacement)
  })

  test('is ignored where a token is accepted or issued', async () => {
    const { as } = record(() => replacement)
    const { token } = await as().token.create({ name: 'ann', password: PASSWORD })

    expect(await as(token).private()).toBe('Your token worked, ann.')
  })

  test('never makes a rejection an acceptance, whatever it is', async () => {
    const answers = [true, null, {}, { sub: 'root' }, 'accepted', new Error('x'), { type: 'accepted' }]
    const refused = answers.map((answer) =>
      refusalOf(
        record(() => answer)
          .as(FORGED)
          .private(),
      ),
    )

    expect(await Promise.all(refused)).toEqual(
      answers.map(() => ({ reason: 'bad_signature', code: 'UNAUTHORIZED', message: 'Invalid token' })),
    )
  })
})

describe('a retfunc that throws', () => {
  const failed = { code: 'INTERNAL_SERVER_ERROR', message: 'retfunc failed' }

  test('ends the call in INTERNAL_SERVER_ERROR with a fixed text, whatever the outcome was', async () => {
    const { as } = failing(new Error('a secret of the logging service'))

    await expect(as().private()).rejects.toMatchObject(failed)
    await expect(as(mint()).private()).rejects.toMatchObject(failed)
    await expect(as().token.create({ name: 'ann', password: PASSWORD })).rejects.toMatchObject(failed)
    await expect(as().token.create({ name: 'ann', password: 'guess' })).rejects.toMatchObject(failed)
  })

  test('does so where it throws a TRPCError or no error at all', async () => {
    const thrown = [new TRPCError({ code: 'TOO_MANY_REQUESTS', message: 'slow down' }), 'text', undefined]
    const errors = thrown.map((each) =>
      failing(each)
        .as(mint())
        .private()
        .catch((error: unknown) => error),
    )

    expect(await Promise.all(errors)).toEqual(thrown.map(() => expect.objectContaining(failed)))
  })

  test('does so in verify and createAccessToken', async () => {
    const { jwt } = failing(new Error('x'))

    await expect(jwt.verify(mint())).rejects.toMatchObject(failed)
    await expect(jwt.createAccessToken({})).rejects.toMatchObject(failed)
  })

  test('is asked again at the next call', async () => {
    const answers = [new Error('once')]
    const { as } = record(() => {
      const error = answers.pop()
      if (error) throw error
    })
    const caller = as(mint())

    await expect(caller.private()).rejects.toMatchObject(failed)
    expect(await caller.private()).toBe('Your token worked, ann.')
  })
})

test('without a retfunc all goes as it goes', async () => {
  const jwt = createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => true })

  await expect(call(jwt, mint())).resolves.toMatchObject({ sub: 'ann' })
  expect(await refusalOf(call(jwt, FORGED))).toMatchObject({ reason: 'bad_signature' })
})
