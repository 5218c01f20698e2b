import { createJwtTrivial, memorySessions, type Outcome } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { callBehind, contextWith, refusalOf } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'

const ACT = { sub: 'support', act: { sub: 'machine' } }

interface OwnClaims {
  sub: string
  act?: object
}

function record(claims?: z.ZodType<OwnClaims, OwnClaims>) {
  const outcomes: Outcome[] = []
  const jwt = createJwtTrivial({
    passphrase: PASSPHRASE,
    authorise: () => ({ sub: 'ann', act: ACT }),
    sessions: { store: memorySessions(), reauthorise: () => ({ sub: 'ann' }) },
    retfunc: (outcome) => void outcomes.push(outcome),
    claims,
  })
  const as = (token?: string) => ({
    call: () => callBehind(jwt.protectedProcedure, contextWith(jwt, token)),
    token: jwt.tokenRouter.createCaller(contextWith(jwt, token)),
  })
  return { outcomes, as }
}

describe('the record names the actor of a token (RFC 8693)', () => {
  test.each([
    ['without a schema', undefined],
    ['with a schema that drops it', z.object({ sub: z.string() })],
  ])('that is issued, accepted, ends its session and is rejected, %s', async (_, claims) => {
    const { outcomes, as } = record(claims)
    const { token } = await as().token.create()
    await as(token).call()
    await as(token).token.revoke()
    await refusalOf(as(token).call())

    expect(outcomes.map(({ type, sub, act }) => [type, sub, act])).toEqual([
      ['issued', 'ann', ACT],
      ['accepted', 'ann', ACT],
      ['ended', 'ann', ACT],
      ['rejected', 'ann', ACT],
    ])
  })

  test('frozen at every depth, and not as an object that another call gets', async () => {
    const { outcomes, as } = record()
    const { token } = await as().token.create()
    const claims = await as(token).call()
    await as(token).call()
    const acts = outcomes.map(({ act }) => act)

    expect(acts.flatMap((act) => [Object.isFrozen(act), Object.isFrozen(act?.['act'])])).toEqual(Array(6).fill(true))
    expect(new Set([...acts, claims.act]).size).toBe(4)
  })

  test('and leaves out an `act` that names nobody, and that of a forged token', async () => {
    const { outcomes, as } = record()
    for (const act of ['support', 5, null, ['support'], true]) await refusalOf(as(mint({ act })).call())
    await refusalOf(as(mint({ act: ACT }, { passphrase: 'another passphrase of thirty-two bytes' })).call())

    expect(outcomes).toHaveLength(6)
    expect(outcomes.filter((outcome) => 'act' in outcome)).toEqual([])
  })
})
