import { initTRPC } from '@trpc/server'
import { createHTTPServer } from '@trpc/server/adapters/standalone'
import { type } from 'arktype'
import { createJwtTrivial, type BearerContext } from 'trpc-jwt-trivial'
import * as v from 'valibot'
import * as z from 'zod'

const passphrase = process.env.JWT_PASSPHRASE

// The same claims and credentials in each: the year comes as text, and is a number once it has passed.

export const byZod = createJwtTrivial({
  passphrase,
  claims: z.object({ sub: z.string(), role: z.enum(['reader', 'writer']) }),
  credentials: z.object({ name: z.string(), year: z.string().regex(/^\d+$/).transform(Number) }),
  authorise: ({ input }) => input.year === 2011 && { sub: input.name, role: 'writer' },
})

export const byValibot = createJwtTrivial({
  passphrase,
  claims: v.object({ sub: v.string(), role: v.picklist(['reader', 'writer']) }),
  credentials: v.object({ name: v.string(), year: v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number)) }),
  authorise: async ({ input }) => input.year === 2011 && { sub: input.name, role: 'writer' },
})

export const byArktype = createJwtTrivial({
  passphrase,
  claims: type({ sub: 'string', role: "'reader' | 'writer'" }),
  credentials: type({ name: 'string', year: 'string.integer.parse' }),
  authorise: async ({ input }) => input.year === 2011 && { sub: input.name, role: 'writer' },
})

const t = initTRPC.context<BearerContext>().create()

export const schemaRouter = t.router({
  zod: t.router({ token: byZod.tokenRouter, claims: byZod.protectedProcedure.query(({ ctx }) => ctx.jwt) }),
  valibot: t.router({ token: byValibot.tokenRouter, claims: byValibot.protectedProcedure.query(({ ctx }) => ctx.jwt) }),
  arktype: t.router({ token: byArktype.tokenRouter, claims: byArktype.protectedProcedure.query(({ ctx }) => ctx.jwt) }),
})
export type SchemaRouter = typeof schemaRouter

export const server = createHTTPServer({ router: schemaRouter, createContext: byZod.createContext })

/** Signs by the same passphrase, with claims that no schema has seen. */
export const unchecked = createJwtTrivial({ passphrase, authorise: () => true })
