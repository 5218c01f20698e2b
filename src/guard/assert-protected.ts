import type { AnyTRPCRouter } from '@trpc/server'

import { GUARD } from './protect.ts'

/** Options of `assertProtected`. */
export interface AssertProtectedOptions {
  /** The procedures that anyone may call: paths, or `'token.*'` for all procedures of a router. */
  public: readonly string[]
}

/**
 * Checks that every procedure of a router is protected or named public. Call it in a test or at start-up. It loads lazy
 * routers. A procedure of `protect({ optional: true })` counts as unprotected.
 *
 * @throws {TypeError} if `public` is not an array
 * @throws {Error} that lists every unprotected procedure, and every entry of `public` that matches no procedure
 *
 * @example
 * ```ts
 * await assertProtected(appRouter, { public: ['token.*', 'hello'] })
 * ```
 */
export async function assertProtected(router: AnyTRPCRouter, options: AssertProtectedOptions): Promise<void> {
  if (!Array.isArray((options as Partial<AssertProtectedOptions> | undefined)?.public))
    throw new TypeError('assertProtected: `public` must be an array of paths; pass `{ public: [] }` if there are none')
  const procedures = await loadProcedures(router)
  const named = (entry: string) => procedures.filter(([path]) => matches(path, entry))
  const unguarded = procedures.filter(
    ([path, procedure]) => !isGuarded(procedure) && !options.public.some((entry) => matches(path, entry)),
  )
  const unmatched = options.public.filter((entry) => named(entry).length === 0)
  const problems = [
    ...unguarded.map(([path]) => `\`${path}\` is neither protected nor named public`),
    ...unmatched.map((entry) => `public entry \`${entry}\` matches no procedure`),
  ]
  if (problems.length > 0) throw new Error(`assertProtected: ${problems.join('; ')}`)
}

async function loadProcedures(router: AnyTRPCRouter): Promise<[string, unknown][]> {
  for (let lazy = lazyRouters(router); lazy.length > 0; lazy = lazyRouters(router)) {
    await Promise.all(lazy.map((loader) => loader.load()))
  }
  return Object.entries(router._def.procedures as Record<string, unknown>)
}

/** A loaded router is removed from the list, and may add lazy routers of its own. */
const lazyRouters = (router: AnyTRPCRouter): { load: () => Promise<void> }[] => Object.values(router._def.lazy)

const matches = (path: string, entry: string): boolean =>
  entry.endsWith('.*') ? path.startsWith(entry.slice(0, -1)) : path === entry

function isGuarded(procedure: unknown): boolean {
  const { _def } = procedure as { _def: { middlewares?: { [GUARD]?: boolean }[] } }
  return _def.middlewares?.some((middleware) => middleware[GUARD] === true) ?? false
}
