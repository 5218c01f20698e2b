/** Packs the package, installs it in a Next.js app of its own, builds that, starts it, and calls it. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { pack } from '../support/pack.ts'
import { installNextApp, type NextApp, type NextServer } from './next-app.ts'
import { callNextApp } from './next-calls.ts'
import { check } from './report.ts'

const JWT_PASSPHRASE = 'what openssl rand -base64 48 would print, say'
const work = mkdtempSync(join(tmpdir(), 'frameworks-'))

/** Starts the app, and stops it however the work with it ends. */
async function withServer({ start }: NextApp, env: Record<string, string>, use: (server: NextServer) => Promise<void>) {
  const server = await start(env)
  try {
    await use(server)
  } finally {
    await server.stop()
  }
}

async function checkNext(app: NextApp): Promise<void> {
  if (!(await check('Next.js: the app builds without the passphrase', app.build))) return
  await check('Next.js: started without the passphrase, it answers nobody, and its log says why', () =>
    withServer(app, {}, async ({ url, printed }) => {
      assert.equal((await fetch(`${url}/api/trpc/hello`)).status, 500)
      assert.match(printed(), /createJwtTrivial: `passphrase` is undefined/)
    }),
  )
  await withServer(app, { JWT_PASSPHRASE }, ({ url }) => callNextApp(url, JWT_PASSPHRASE))
}

try {
  let app: NextApp | undefined
  await check('Next.js: an app installs the package', async () => {
    app = await installNextApp(join(work, 'next'), pack(work).path)
  })
  if (app !== undefined) await checkNext(app)
} finally {
  rmSync(work, { recursive: true })
}
