import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import type { AnyTRPCRouter } from '@trpc/server'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { mint, PASSPHRASE } from '../support/mint.ts'
import { root } from '../support/pack.ts'
import { snippetsOf } from '../support/snippets.ts'

const folder = mkdtempSync(join(root, '.snippets-'))
const servers: ReturnType<typeof createServer>[] = []
const urls = { before: '', after: '' }

beforeAll(async () => {
  vi.stubEnv('JWT_SECRET', PASSPHRASE)
  for (const { name, code } of snippetsOf(join(root, 'docs/migrating.md'))) writeFileSync(join(folder, name), code)
  const users = `export const users = { check: async () => ({ id: 'u1', role: 'writer' as const }) }`
  writeFileSync(join(folder, 'users.ts'), users)

  const byHand = (await import(join(folder, 'by-hand.ts'))) as App & Pick<Given, 'createContext'>
  const byLibrary = (await import(join(folder, 'by-library.ts'))) as App & { jwt: Given }
  urls.before = await serve({ router: byHand.appRouter, createContext: byHand.createContext })
  const { createContext, responseMeta } = byLibrary.jwt
  urls.after = await serve({ router: byLibrary.appRouter, createContext, responseMeta })
})

afterAll(() => {
  vi.unstubAllEnvs()
  for (const server of servers) server.close()
  rmSync(folder, { recursive: true })
})

type Options = Parameters<typeof createHTTPHandler<AnyTRPCRouter>>[0]
type Given = Required<Pick<Options, 'createContext' | 'responseMeta'>>
interface App {
  appRouter: AnyTRPCRouter
}

async function serve(options: object): Promise<string> {
  const server = createServer(createHTTPHandler(options as Options))
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const now = () => Math.floor(Date.now() / 1000)
const tokenOf = (claims: Record<string, unknown>, header: Record<string, unknown> = {}): string =>
  mint({ sub: 'u1', role: 'writer', iat: now(), exp: now() + 60, ...claims }, { header: { typ: 'JWT', ...header } })

const ask = (url: string, path: string, authorization: string) =>
  fetch(`${url}/${path}`, { headers: { authorization } })

const expired = () => `Bearer ${tokenOf({ exp: now() - 60 })}`

/** What both versions answer to one call: the status, and the text of what was refused. */
async function answers(path: string, authorization: string) {
  const outcome = async (url: string) => {
    const response = await ask(url, path, authorization)
    const { error } = (await response.json()) as { error?: { message: string } }
    return error ? `${response.status} ${error.message}` : response.status
  }
  return { before: await outcome(urls.before), after: await outcome(urls.after) }
}

async function signIn(url: string): Promise<string> {
  const body = JSON.stringify({ email: 'ann@example.org', password: 'tea' })
  const response = await fetch(`${url}/signIn`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  return ((await response.json()) as { result: { data: string } }).result.data
}

describe('before and after', () => {
  it('take each the tokens of the other', async () => {
    for (const url of Object.values(urls)) {
      expect(await answers('private', `Bearer ${await signIn(url)}`)).toEqual({ before: 200, after: 200 })
    }
  })

  it('have an old client sign in as it did', async () => {
    expect(await signIn(urls.after)).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  })
})

describe('what changes without a word', () => {
  it('a bad token no longer fails what is public', async () => {
    expect(await answers('hello', expired())).toEqual({ before: '500 jwt expired', after: 200 })
  })

  it('a bad token is refused with 401 and a text of ours', async () => {
    expect(await answers('private', expired())).toEqual({ before: '500 jwt expired', after: '401 Token expired' })
    expect(await answers('private', 'Bearer nonsense')).toEqual({
      before: '500 jwt malformed',
      after: '401 Invalid token',
    })
  })

  it('another scheme is no bearer', async () => {
    expect(await answers('private', `Basic ${tokenOf({})}`)).toEqual({
      before: 200,
      after: '401 Authentication required',
    })
  })

  it.each([
    ['has no exp', () => tokenOf({ exp: undefined })],
    ['names an audience', () => tokenOf({ aud: 'somebody else' })],
    ['has claims of another shape', () => tokenOf({ role: 'owner' })],
    ['has a number for a subject', () => tokenOf({ sub: 7 })],
    ['has crit', () => tokenOf({}, { crit: ['x'], x: 1 })],
    ['is of another type', () => tokenOf({}, { typ: 'dpop+jwt' })],
    ['is over 8 KiB', () => tokenOf({ long: 'x'.repeat(7_000) })],
    ['was issued later than now', () => tokenOf({ iat: now() + 30 })],
  ])('a token that %s is refused', async (_, make) => {
    expect(await answers('private', `Bearer ${make()}`)).toEqual({ before: 200, after: '401 Invalid token' })
  })

  it('a token that begins later is refused by both', async () => {
    const { before, after } = await answers('private', `Bearer ${tokenOf({ nbf: now() + 30 })}`)
    expect([before, after]).toEqual(['500 jwt not active', '401 Invalid token'])
  })
})
