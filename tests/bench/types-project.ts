import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A way to guard procedures: what makes `router`, `publicProcedure` and `protectedProcedure`, and where they find the claims. */
export interface Guard {
  readonly name: string
  readonly code: string
  readonly claims: string
}

const CLAIMS = `const claims = z.object({ sub: z.string(), role: z.enum(['reader', 'writer']) })`

const OURS = `import { initTRPC } from '@trpc/server'
import { createJwtVerifier } from 'trpc-jwt-trivial'
import * as z from 'zod'

${CLAIMS}
export const jwt = createJwtVerifier({ passphrase: 'a passphrase that only the compiler sees', claims })
const t = initTRPC.context<typeof jwt.createContext>().create()
export const router = t.router
export const publicProcedure = t.procedure
`

/** The guard of tRPC's guide to authorization, with what it leaves to the reader written with jose and zod. */
const BY_HAND = `import { initTRPC, TRPCError } from '@trpc/server'
import type { CreateHTTPContextOptions } from '@trpc/server/adapters/standalone'
import { jwtVerify } from 'jose'
import * as z from 'zod'

${CLAIMS}
const secret = new TextEncoder().encode('a passphrase that only the compiler sees')

export async function createContext({ req }: CreateHTTPContextOptions) {
  async function getUserFromHeader() {
    if (!req.headers.authorization) return null
    const { payload } = await jwtVerify(req.headers.authorization.split(' ')[1] ?? '', secret)
    return claims.parse(payload)
  }
  return { user: await getUserFromHeader() }
}

const t = initTRPC.context<typeof createContext>().create()
export const router = t.router
export const publicProcedure = t.procedure
const authedProcedure = t.procedure.use(async function isAuthed(opts) {
  const { ctx } = opts
  if (!ctx.user) throw new TRPCError({ code: 'UNAUTHORIZED' })
  return opts.next({ ctx: { user: ctx.user } })
})
`

/** As the guides have it, and as an app has it that keeps a `t` of its own; each by hand and ours. */
export const pairs: readonly (readonly [byHand: Guard, ours: Guard])[] = [
  [
    { name: 'a middleware by hand', code: `${BY_HAND}${exported('authedProcedure')}`, claims: 'user' },
    { name: 'jwt.protectedProcedure', code: `${OURS}${exported('jwt.protectedProcedure')}`, claims: 'jwt' },
  ],
  [
    { name: 'concat, by hand', code: `${BY_HAND}${exported('t.procedure.concat(authedProcedure)')}`, claims: 'user' },
    { name: 'concat, ours', code: `${OURS}${exported('t.procedure.concat(jwt.protectedProcedure)')}`, claims: 'jwt' },
  ],
]

function exported(procedure: string): string {
  return `export const protectedProcedure = ${procedure}\n`
}

const PROCEDURES = 300
const A_ROUTER = 30

/** Writes an app of 300 procedures, every other one protected, and a client that calls one of each router. */
export function writeProject(folder: string, { code, claims }: Guard): void {
  mkdirSync(folder, { recursive: true })
  const write = (file: string, text: string) => writeFileSync(join(folder, file), text)
  write('trpc.ts', code)
  const routers = Array.from({ length: PROCEDURES / A_ROUTER }, (_, i) => `router${i}`)
  for (const name of routers) write(`${name}.ts`, routerOf(name, claims))
  const imports = routers.map((name) => `import { ${name} } from './${name}.ts'`)
  write(
    'app.ts',
    `import { router } from './trpc.ts'\n${imports.join('\n')}
export const appRouter = router({ ${routers.join(', ')} })
export type AppRouter = typeof appRouter\n`,
  )
  const calls = routers.map((name) => `  await trpc.${name}.first1.query({ id: 'a', limit: 1 }),`)
  write(
    'client.ts',
    `import { createTRPCClient, httpBatchLink } from '@trpc/client'
import type { inferRouterOutputs } from '@trpc/server'
import type { AppRouter } from './app.ts'
const trpc = createTRPCClient<AppRouter>({ links: [httpBatchLink({ url: '/trpc' })] })
export type Outputs = inferRouterOutputs<AppRouter>
export const found = [\n${calls.join('\n')}\n]\n`,
  )
  write(
    'tsconfig.json',
    JSON.stringify({
      compilerOptions: {
        target: 'ES2022',
        module: 'NodeNext',
        lib: ['ES2022', 'DOM', 'ESNext.Disposable'],
        types: ['node'],
        strict: true,
        skipLibCheck: true,
        allowImportingTsExtensions: true,
        noEmit: true,
      },
      include: ['.'],
    }),
  )
}

function routerOf(name: string, claims: string): string {
  const procedures = Array.from(
    { length: A_ROUTER / 2 },
    (_, i) => `
  open${i}: publicProcedure.input(z.object({ id: z.string(), limit: z.number() })).query(({ input }) => ({ id: input.id, rank: ${i} })),
  first${i}: protectedProcedure
    .input(z.object({ id: z.string(), limit: z.number() }))
    .query(({ ctx, input }) => ({ id: input.id, owner: ctx.${claims}.sub, role: ctx.${claims}.role, rank: ${i} })),`,
  )
  return `import * as z from 'zod'
import { protectedProcedure, publicProcedure, router } from './trpc.ts'
export const ${name} = router({${procedures.join('')}
})
`
}
