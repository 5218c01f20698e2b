import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

/** What the server process has used and done so far. */
export interface Usage {
  /** In microseconds of the processor. */
  readonly processor: number
  /** How many signatures the Web Crypto API has verified. */
  readonly verifications: number
}

/** A server in a process of its own. */
export interface ServerProcess {
  readonly url: string
  usage(): Promise<Usage>
  stop(): Promise<void>
}

/** Starts one of the forms that a file passes to `serveOneOf`. */
export async function startServer(file: string, form: string): Promise<ServerProcess> {
  const env = { ...process.env, NODE_ENV: 'production' }
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [form], { env })
  const [url] = (await once(child, 'message', { signal: AbortSignal.timeout(20_000) })) as [string]
  return {
    url,
    async usage() {
      child.send('usage')
      const [usage] = (await once(child, 'message')) as [Usage]
      return usage
    },
    async stop() {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

/** Serves the form that the command line names on loopback, until the parent process lets go. */
export async function serveOneOf(forms: Readonly<Record<string, () => RequestListener>>): Promise<void> {
  const listener = forms[process.argv[2] ?? '']
  if (!listener) throw new Error(`No form is called ${process.argv[2]}.`)
  const verify = crypto.subtle.verify.bind(crypto.subtle)
  let verifications = 0
  crypto.subtle.verify = (...args: Parameters<typeof verify>) => {
    verifications += 1
    return verify(...args)
  }
  process.on('disconnect', () => process.exit())
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.({ processor: user + system, verifications } satisfies Usage)
  })
  const server = createServer(listener()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}
