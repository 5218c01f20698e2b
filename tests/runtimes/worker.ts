import { createApp, type App } from './app.ts'
import { runSuite } from './suite.ts'

let app: App | undefined

/** A worker's environment is there from the first request on. */
export default {
  async fetch(req: Request, { JWT_PASSPHRASE: passphrase }: { JWT_PASSPHRASE: string }): Promise<Response> {
    if (!req.url.endsWith('/suite')) return (app ??= createApp({ passphrase })).fetch(req)
    const lines: string[] = []
    await runSuite((line) => lines.push(line))
    return new Response(lines.join('\n'))
  },
}
