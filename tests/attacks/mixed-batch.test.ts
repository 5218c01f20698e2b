import { initTRPC } from '@trpc/server'
import { createJwtTrivial, createJwtVerifier, type BearerContext } from 'trpc-jwt-trivial'
import { afterEach, expect, test, vi } from 'vitest'

import { createApi, serveApi } from '../support/api.ts'
import { callBehind, contextWith, invalid, refusalOf } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'
import { headerValues, sendRaw } from '../support/raw.ts'

const FORGED = mint({}, { passphrase: 'another passphrase of thirty-two bytes' })
const authorise = () => true as const
const batchOf = (paths: readonly string[]) => `${paths.join(',')}?batch=1`
const bearing = (token: string) => [`Authorization: Bearer ${token}`]

afterEach(() => {
  vi.restoreAllMocks()
})

test('J6 a batch of twenty calls is verified once', async () => {
  const url = await serveApi()
  const verify = vi.spyOn(crypto.subtle, 'verify')
  const response = await sendRaw(`${url}/${batchOf(Array.from({ length: 20 }, () => 'private'))}`, bearing(mint()))

  expect([response.status, response.body.match(/Your token worked, ann\./g)?.length]).toEqual([200, 20])
  expect(verify).toHaveBeenCalledOnce()
})

test('J6 so it is where no token is remembered, and for each request anew', async () => {
  const url = await serveApi(createApi({ verifiedTokens: 0 }))
  const verify = vi.spyOn(crypto.subtle, 'verify')
  const path = batchOf(['private', 'optional', 'private'])
  const [one, other] = [
    await sendRaw(`${url}/${path}`, bearing(mint())),
    await sendRaw(`${url}/${path}`, bearing(mint())),
  ]

  expect([one.status, other.status]).toEqual([200, 200])
  expect(verify).toHaveBeenCalledTimes(2)
})

test('J6 a batch that presents a forged token costs one verification too', async () => {
  const url = await serveApi()
  const verify = vi.spyOn(crypto.subtle, 'verify')
  const response = await sendRaw(`${url}/${batchOf(Array.from({ length: 20 }, () => 'private'))}`, bearing(FORGED))

  expect([response.status, response.body.match(/"message":"Invalid token"/g)?.length]).toEqual([401, 20])
  expect(verify).toHaveBeenCalledOnce()
})

test('J6 two guards of one instance in a row verify once, where no token is remembered either', async () => {
  const jwt = createJwtVerifier({ passphrase: PASSPHRASE, verifiedTokens: 0 })
  const verify = vi.spyOn(crypto.subtle, 'verify')
  const guard = jwt.protectedProcedure.concat(jwt.protect({ scope: 'read' }))

  await expect(callBehind(guard, contextWith(jwt, mint({ scope: 'read' })))).resolves.toMatchObject({ sub: 'ann' })
  expect(verify).toHaveBeenCalledOnce()
})

test('J6 a public call verifies nothing, whatever it presents', async () => {
  const url = await serveApi()
  const verify = vi.spyOn(crypto.subtle, 'verify')
  const responses = [await sendRaw(`${url}/hello`, bearing(mint())), await sendRaw(`${url}/hello`, bearing('garbage'))]

  expect(responses.map(({ status }) => status)).toEqual([200, 200])
  expect(verify).not.toHaveBeenCalled()
})

test('J7 public and protected calls in one batch keep their own results', async () => {
  const url = await serveApi()
  const path = batchOf(['hello', 'private', 'optional', 'admin', 'hello'])
  const answersTo = async (lines: string[]) => {
    const response = await sendRaw(`${url}/${path}`, lines)
    const results = JSON.parse(response.body) as { result?: { data: unknown }; error?: { message: string } }[]
    return {
      status: response.status,
      challenge: headerValues(response, 'www-authenticate'),
      results: results.map(({ result, error }) => result?.data ?? error?.message ?? null),
    }
  }
  const hello = 'Anyone may call this.'

  expect(await answersTo([])).toEqual({
    status: 207,
    challenge: ['Bearer realm="trpc"'],
    results: [hello, 'Authentication required', null, 'Authentication required', hello],
  })
  expect(await answersTo(bearing(FORGED))).toEqual({
    status: 207,
    challenge: ['Bearer realm="trpc", error="invalid_token"'],
    results: [hello, 'Invalid token', 'Invalid token', 'Invalid token', hello],
  })
  expect(await answersTo(bearing(mint()))).toEqual({
    status: 207,
    challenge: ['Bearer realm="trpc", error="insufficient_scope", scope="admin audit"'],
    results: [hello, 'Your token worked, ann.', 'ann', 'Insufficient scope', hello],
  })
})

/** A router whose procedures note the keys of the context that they ran with. */
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

test('J8 ctx.jwt is absent in a public procedure, also for a caller with a good token', async () => {
  const { jwt, router, ran } = createWitness()
  await router.createCaller(contextWith(jwt)).open()
  await router.createCaller(contextWith(jwt, mint())).open()

  expect(ran).toEqual(['absent', 'absent'])
})

test('J8 it is null for whom an optional procedure does not know, and never an error', async () => {
  const { jwt, router, ran } = createWitness()
  await router.createCaller(contextWith(jwt)).optional()
  const refused = await refusalOf(router.createCaller(contextWith(jwt, FORGED)).optional())

  expect(refused).toEqual(invalid('bad_signature'))
  expect(ran).toEqual([null])
})

test('J8 a refused procedure does not run at all', async () => {
  const { jwt, router, ran } = createWitness()
  await refusalOf(router.createCaller(contextWith(jwt)).private())
  await refusalOf(router.createCaller(contextWith(jwt, FORGED)).private())

  expect(ran).toEqual([])
})

test('J8 what the app itself put into ctx.jwt is ignored and replaced', async () => {
  const { jwt, router, ran } = createWitness()
  const impostor = { sub: 'root' }
  await router.createCaller({ ...contextWith(jwt, mint()), jwt: impostor }).private()
  await router.createCaller({ ...contextWith(jwt), jwt: impostor }).optional()
  const refused = await refusalOf(router.createCaller({ ...contextWith(jwt), jwt: impostor }).private())

  expect(refused).toEqual({ reason: 'missing', code: 'UNAUTHORIZED', message: 'Authentication required' })
  expect(ran).toEqual([expect.objectContaining({ sub: 'ann' }), null])
})

test('J9 a misconfiguration throws when the instance is made, not at the first call', () => {
  expect(() => createJwtTrivial({ passphrase: undefined, authorise })).toThrow(TypeError)
  expect(() => createJwtTrivial({ passphrase: PASSPHRASE, algorithm: 'ES256', authorise })).toThrow(TypeError)
  expect(() => createJwtVerifier({ passphrase: PASSPHRASE, clockTolerance: 301 })).toThrow(TypeError)
  expect(() => createJwtVerifier({ passphrase: PASSPHRASE }).protect({ scope: [] })).toThrow(TypeError)
})
