import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { createTRPCClient, httpLink, TRPCClientError } from '@trpc/client'
import { decodeJwt } from 'jose'
import { afterAll } from 'vitest'

import { ownProcess, startProcess } from './own-process.ts'
import type { SessionServerRouter, SessionServerSettings } from './session-server.ts'
import { told, type Tokens } from './session-api.ts'

const PROGRAM = fileURLToPath(new URL('session-server.ts', import.meta.url))

/** A server process, as its users and its power supply see it. */
export type SessionServer = Awaited<ReturnType<typeof startSessionServer>>

/** Starts a process of `session-server.ts`, until the tests of the file have ended. */
export async function startSessionServer(settings: SessionServerSettings) {
  const start = async () => {
    const child = await startProcess(process.execPath, ['--import', 'tsx', PROGRAM, JSON.stringify(settings)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    const [port] = (await once(child, 'message')) as [number]
    return { ...ownProcess(child), url: `http://127.0.0.1:${port}` }
  }
  let running = await start()
  afterAll(() => running.kill())
  const clientWith = (token?: string) =>
    createTRPCClient<SessionServerRouter>({
      links: [httpLink({ url: running.url, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })],
    })
  return {
    kill: () => running.kill(),
    restart: async () => {
      running = await start()
    },
    signIn: (name = 'ann'): Promise<Tokens> => clientWith().token.create.mutate({ name }),
    refresh: ({ refreshToken }: Tokens): Promise<Tokens> => clientWith().token.refresh.mutate({ refreshToken }),
    revoke: ({ token }: Tokens) => clientWith(token).token.revoke.mutate(),
    hello: () => told(clientWith().hello.query()),
    /** What the protected procedure answers. */
    visit: ({ token }: Tokens) => told(clientWith(token).private.query()),
  }
}

export const WELCOME = 'Your token worked, ann.'

/** How often the session of a refresh token has been rotated, as the token has it. */
export const generationOf = ({ refreshToken }: Tokens): unknown => decodeJwt(refreshToken)['generation']

/** Whether a call failed because its server died, and not by a refusal. */
export const wasCutOff = (error: unknown): boolean => error instanceof TRPCClientError && error.shape === undefined
