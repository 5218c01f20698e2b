import { createJwtVerifier } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { call, callBehind, contextWith } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'

/** Shuffles the calls in the same way in each run: the stride shares no factor with their number. */
const mixed = <T>(calls: readonly T[]): T[] => calls.map((_, i) => calls[(i * 7_919) % calls.length] as T)

test.each([
  ['all remembered', 1_000],
  ['most of them forgotten in between', 100],
  ['none remembered', 0],
])(
  '1,000 tokens that differ only in sub, presented concurrently and shuffled, %s: each call gets its own claims',
  async (_what, bound) => {
    const jwt = createJwtVerifier({ passphrase: PASSPHRASE, verifiedTokens: bound })
    const times = { iat: 1_700_000_000, exp: 4_000_000_000 }
    const users = Array.from({ length: 1_000 }, (_, i) => `user ${String(i).padStart(4, '0')}`)
    const tokens = users.map((sub) => ({ sub, token: mint({ ...times, sub }) }))
    for (const round of [tokens, [...tokens, ...tokens]]) {
      const seen = await Promise.all(
        mixed(round).map(async ({ sub, token }) => ({ sub, claims: await call(jwt, token) })),
      )
      expect(seen.filter(({ sub, claims }) => claims.sub !== sub)).toEqual([])
    }
  },
)

describe('a procedure that changes its claims does not change those of the next call', () => {
  const token = mint({ teams: [{ name: 'red' }], since: '2026-11-24T00:00:00Z' })

  test('claims are deeply frozen', async () => {
    const jwt = createJwtVerifier({ passphrase: PASSPHRASE })
    const { teams } = (await call(jwt, token)) as { teams?: { name: string }[] }
    const changes = [
      () => Object.assign(teams?.[0] ?? {}, { name: 'blue' }),
      () => teams?.push({ name: 'blue' }),
      async () => Object.assign(await call(jwt, token), { sub: 'bob' }),
    ]
    for (const change of changes) await expect(async () => change()).rejects.toThrow(TypeError)
    expect(await call(jwt, token)).toMatchObject({ sub: 'ann', teams: [{ name: 'red' }] })
  })

  const date = z.string().transform((text) => new Date(text))

  test.each<[string, z.ZodType<{ since: Date | Date[] }, { since: string }>]>([
    ['dates', z.object({ since: date })],
    ['frozen dates', z.object({ since: date.readonly() })],
    ['dates in arrays', z.object({ since: date.transform((since) => [since]) })],
  ])('each call gets its own %s from the schema, within one request too', async (_what, claims) => {
    const jwt = createJwtVerifier({ passphrase: PASSPHRASE, claims })
    const ctx = contextWith(jwt, token)
    for (const of of [ctx, ctx, contextWith(jwt, token)]) {
      const since = [(await callBehind(jwt.protectedProcedure, of)).since].flat()[0]
      expect(since?.getUTCFullYear()).toBe(2026)
      since?.setUTCFullYear(1999)
    }
  })

  test('each call gets its own value if the schema keeps a reference to its input', async () => {
    class Teams {
      readonly list: { name: string }[]
      constructor(list: { name: string }[]) {
        this.list = list
      }
    }
    const claims = z.object({ teams: z.custom<{ name: string }[]>(Array.isArray).transform((list) => new Teams(list)) })
    const jwt = createJwtVerifier({ passphrase: PASSPHRASE, claims })
    const ctx = contextWith(jwt, token)
    for (const of of [ctx, ctx, contextWith(jwt, token)]) {
      const { teams } = await callBehind(jwt.protectedProcedure, of)
      expect(teams.list).toEqual([{ name: 'red' }])
      Object.assign(teams.list[0] ?? {}, { name: 'blue' })
    }
  })
})
