import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const bundle = () =>
  build({
    entryPoints: [fileURLToPath(new URL('../../src/client.ts', import.meta.url))],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    external: ['@trpc/client'],
    metafile: true,
    write: false,
  })

test('the browser gets the client, its link of tRPC, and nothing of the server or of a JWT library', async () => {
  const { metafile, warnings } = await bundle()
  const [output] = Object.values(metafile.outputs)
  const inputs = Object.entries(output?.inputs ?? {}).flatMap(([path, { bytesInOutput }]) =>
    bytesInOutput > 0 ? [path] : [],
  )
  const own = inputs.filter((path) => path.startsWith('src/'))
  const foreign = inputs.filter((path) => !path.startsWith('src/'))

  expect(warnings).toEqual([])
  expect(own).toContain('src/client/session.ts')
  expect(own.filter((path) => !path.startsWith('src/client/'))).toEqual(['src/time/timers.ts'])
  expect(foreign.filter((path) => !/^node_modules\/@trpc\/server\/dist\/observable-.*\.mjs$/.test(path))).toEqual([])
  expect(new Set(output?.imports.map(({ path }) => path))).toEqual(new Set(['@trpc/client']))
})
