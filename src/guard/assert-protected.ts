import type { AnyTRPCRouter } from '@trpc/server'

import { GUARD } from './protect.ts'

/** Options of `assertProtected`. */
export interface AssertProtectedOptions {
  /** Procedures that anyone may call: paths, or `'token.*'` for all below a router. */
  public: readonly string[]
}

/**
 * Makes sure that a router has no procedure without a guard but those named public: one line in a test or at start-up.
 *
 * Loads lazy routers. A procedure under `protect({ optional: true })` counts as unguarded.
 *
 * @throws {TypeError} where `public` is no list
 * @throws {Error} that lists every unguarded procedure, and every entry of `public` that names none
 */
export async function assertProtected(router: AnyTRPCRouter, options: AssertProtectedOptions): Promise<void> {
  if (!Array.isArray((options as Partial<AssertProtectedOptions> | undefined)?.public))
    throw new TypeError('assertProtected: `public` must be a list of paths; give `{ public: [] }` where there are none')
  const procedures = await loadProcedures(router)
  const named = (entry: string) => procedures.filter(([path]) => matches(path, entry))
  const unguarded = procedures.filter(
    ([path, procedure]) => !isGuarded(procedure) && !options.public.some((entry) => matches(path, entry)),
  )
  const idle = options.public.filter((entry) => named(entry).length === 0)
  const complaints = [
    ...unguarded.map(([path]) => `\`${path}\` is neither protected nor named public`),
    ...idle.map((entry) => `public entry \`${entry}\` names no procedure`),
  ]
  if (complaints.length > 0) throw new Error(`assertProtected: ${complaints.join('; ')}`)
}

async function loadProcedures(router: AnyTRPCRouter): Promise<[string, unknown][]> {
  for (let lazy = lazyRouters(router); lazy.length > 0; lazy = lazyRouters(router)) {
    await Promise.all(lazy.map((loader) => loader.load()))
  }
  return Object.entries(router._def.procedures as Record<string, unknown>)
}

/** A router that is loaded leaves the list, and may add its own lazy ones. */
const lazyRouters = (router: AnyTRPCRouter): { load: () => Promise<void> }[] => Object.values(router._def.lazy)

const matches = (path: string, entry: string): boolean =>
  entry.endsWith('.*') ? path.startsWith(entry.slice(0, -1)) : path === entry

function isGuarded(procedure: unknown): boolean {
  const { _def } = procedure as { _def: { middlewares?: { [GUARD]?: boolean }[] } }
  return _def.middlewares?.some((middleware) => middleware[GUARD] === true) ?? false
}
