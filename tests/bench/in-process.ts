import { initTRPC, TRPCError } from '@trpc/server'
import { createVerifier } from 'fast-jwt'
import { jwtVerify } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { createJwtVerifier, type JwtVerifierOptions } from 'trpc-jwt-trivial'

import { PASSPHRASE } from '../support/mint.ts'
import { medianOf, processorTime, type Subject } from './harness.ts'
import type { Report } from './report.ts'
import { received, tokenOf } from './token.ts'

const TOKEN = tokenOf(1)
const SECRET = new TextEncoder().encode(PASSPHRASE)

interface Context {
  req: { headers: { authorization?: string } }
}

const t = initTRPC.context<Context>().create()

const request = (): Context => ({ req: { headers: { authorization: received(`Bearer ${TOKEN}`) } } })

function called(name: string, guard: { query: typeof t.procedure.query }): Subject {
  const createCaller = t.createCallerFactory(t.router({ hello: guard.query(() => 'hello') }))
  return { name, run: () => createCaller(request()).hello() }
}

/** Does all that a guard does for tRPC, and checks nothing: what comes on top of it is what checking costs. */
const unguarded = (name: string): Subject =>
  called(
    name,
    t.procedure.use(async ({ next }) => next({ ctx: { user: { sub: 'ann' } } })),
  )

/** The guard of tRPC's guide to authorization, and what its `createContext` does, in one step: the fewest that will do. */
const guarded = (name: string, decode: (token: string) => unknown): Subject =>
  called(
    name,
    t.procedure.use(async ({ ctx, next }) => next({ ctx: { user: decode(tokenIn(ctx)) } })),
  )

const guardedByPromise = (name: string, decode: (token: string) => Promise<unknown>): Subject =>
  called(
    name,
    t.procedure.use(async ({ ctx, next }) => next({ ctx: { user: await decode(tokenIn(ctx)) } })),
  )

function tokenIn({ req }: Context): string {
  const token = req.headers.authorization?.split(' ')[1]
  if (token === undefined) throw new TRPCError({ code: 'UNAUTHORIZED' })
  return token
}

function ours(name: string, options: JwtVerifierOptions): Subject {
  const jwt = createJwtVerifier({ passphrase: PASSPHRASE, ...options })
  const own = initTRPC.context<typeof jwt.createContext>().create()
  const createCaller = own.createCallerFactory(own.router({ hello: jwt.protectedProcedure.query(() => 'hello') }))
  return { name, run: () => createCaller(jwt.createContext(request())).hello() }
}

/** A protected call by a server-side caller: what it takes of the processor, ours and the peers'. */
export async function inProcess(): Promise<Report> {
  const key = await crypto.subtle.importKey('raw', SECRET, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
  const { verify } = createJwtVerifier({ passphrase: PASSPHRASE, verifiedTokens: 0 })
  const none = unguarded('no check')
  const known = ours('ours, known token', {})
  const cached = guarded('fast-jwt with its cache, known token', createVerifier({ key: PASSPHRASE, cache: true }))
  const fresh = ours('ours, new token', { verifiedTokens: 0 })
  const jose = guardedByPromise('jose, key imported', (token) => jwtVerify(token, key))
  const bare = { name: 'bare: ours, new token', run: () => verify(received(TOKEN)) }
  const bareJose = { name: 'bare: jose, key imported', run: () => jwtVerify(received(TOKEN), key) }
  const calls = [
    none,
    known,
    cached,
    fresh,
    jose,
    guardedByPromise("jose, secret as bytes: tRPC's guide", (token) => jwtVerify(token, SECRET)),
    guarded('fast-jwt', createVerifier({ key: PASSPHRASE })),
    guarded('jsonwebtoken', (token) => jsonwebtoken.verify(token, PASSPHRASE)),
  ]
  const rounds = await processorTime([...calls, bare, bareJose])
  const over = (of: (name: string) => number, { name }: Subject) => of(name) - of(none.name)
  return {
    title: 'A protected call by a server-side caller, HS256: microseconds of the processor',
    columns: ['', 'a call', 'of which checking'],
    rows: [
      ...calls.map((each) => [
        each.name,
        medianOf(rounds, (of) => of(each.name)),
        medianOf(rounds, (of) => over(of, each)),
      ]),
      ...[bare, bareJose].map(({ name }) => [name, medianOf(rounds, (of) => of(name)), '']),
    ],
    aims: [
      {
        what: 'checking a known token, as a share of what fast-jwt takes with its cache',
        value: medianOf(rounds, (of) => over(of, known) / over(of, cached)),
        most: 0.25,
      },
      {
        what: 'a new token in a call, by jose with an imported key in one',
        value: medianOf(rounds, (of) => of(fresh.name) / of(jose.name)),
        most: 1.15,
      },
      {
        what: 'the same, both bare',
        value: medianOf(rounds, (of) => of(bare.name) / of(bareJose.name)),
        most: 1.15,
      },
    ],
  }
}
