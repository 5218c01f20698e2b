import { fileURLToPath } from 'node:url'

import react from '@vitejs/plugin-react'
import { build } from 'vite'

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** Builds the page, and returns its files by name. */
export async function buildPage(): Promise<Map<string, string | Uint8Array>> {
  const built = await build({
    configFile: false,
    root: pathOf('../web'),
    logLevel: 'warn',
    plugins: [react()],
    resolve: { alias: [{ find: /^trpc-jwt-trivial\/client$/, replacement: pathOf('../../src/client.ts') }] },
    build: { write: false },
  })
  if (!('output' in built)) throw new TypeError('Vite did not build exactly one page')
  return new Map(built.output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : file.source]))
}
