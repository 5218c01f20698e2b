import { initTRPC } from '@trpc/server'
import { createJwtVerifier, type BearerContext } from 'trpc-jwt-trivial'
import { expect, test } from 'vitest'

import { contextWith, invalid, refusalOf } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'

const FORGED = mint({}, { passphrase: 'another passphrase of thirty-two bytes' })

/** A router whose procedures record the `ctx.jwt` that they ran with. */
function createWitness() {
  const jwt = createJwtVerifier({ passphrase: PASSPHRASE })
  const t = initTRPC.context<BearerContext & { jwt?: unknown }>().create()
  const ran: unknown[] = []
  const note = ({ ctx }: { ctx: object }) => void ran.push('jwt' in ctx ? ctx.jwt : 'absent')
  const router = t.router({
    open: t.procedure.query(note),
    optional: t.procedure.concat(jwt.protect({ optional: true })).query(note),
    private: t.procedure.concat(jwt.protectedProcedure).query(note),
  })
  return { jwt, router, ran }
}

test('ctx.jwt is absent in a public procedure, even if the caller sends a valid token', async () => {
  const { jwt, router, ran } = createWitness()
  await router.createCaller(contextWith(jwt)).open()
  await router.createCaller(contextWith(jwt, mint())).open()

  expect(ran).toEqual(['absent', 'absent'])
})

test('ctx.jwt of an optional procedure is null without a token, and a forged token is rejected', async () => {
  const { jwt, router, ran } = createWitness()
  await router.createCaller(contextWith(jwt)).optional()
  const refused = await refusalOf(router.createCaller(contextWith(jwt, FORGED)).optional())

  expect(refused).toEqual(invalid('bad_signature'))
  expect(ran).toEqual([null])
})

test('a procedure does not run if its caller is rejected', async () => {
  const { jwt, router, ran } = createWitness()
  await refusalOf(router.createCaller(contextWith(jwt)).private())
  await refusalOf(router.createCaller(contextWith(jwt, FORGED)).private())

  expect(ran).toEqual([])
})
