import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { PASSPHRASE } from '../support/mint.ts'
import { root } from '../support/pack.ts'
import { snippetsOf } from '../support/snippets.ts'

const folder = mkdtempSync(join(root, '.snippets-'))
const USERS = `export const users = {
  check: async (_email: string, password: string) =>
    password === 'tea at four, as ever' ? { id: 'u1', role: 'writer' as const } : null,
}`
/** In the place of `next/headers`: a navigation, which carries what a browser sends by itself. */
const NEXT_HEADERS = `export const headers = async () => new Headers({ accept: 'text/html', cookie: 'theme=dark' })`

beforeAll(() => {
  vi.stubEnv('JWT_PASSPHRASE', PASSPHRASE)
  const snippets = ['testing', 'existing-app'].flatMap((guide) => snippetsOf(join(root, `docs/${guide}.md`)))
  for (const { name, code } of snippets) {
    writeFileSync(join(folder, name), code.replace("'next/headers'", "'./next-headers.ts'"))
  }
  writeFileSync(join(folder, 'users.ts'), USERS)
  writeFileSync(join(folder, 'next-headers.ts'), NEXT_HEADERS)
})

afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

describe('the tests that the guide to testing shows', { timeout: 60_000 }, () => {
  it.each([
    ['who-may.ts', 2],
    ['in-time.ts', 3],
  ])('%s pass', async (name, count) => {
    const args = ['--import', 'tsx', '--test-reporter', 'tap', join(folder, name)]
    const { stdout } = await promisify(execFile)('node', args, { cwd: root })
    expect(stdout).toMatch(new RegExp(`^# pass ${count}$`, 'm'))
    expect(stdout).toMatch(/^# fail 0$/m)
  })
})

const at = (path: string) => `http://localhost/api/trpc/${path}`

describe('the existing app', () => {
  type Handler = (req: Request) => Promise<Response>
  const routes = () => import(join(folder, 'route.ts')) as Promise<{ GET: Handler; POST: Handler }>

  const signIn = async (email: string, password: string) => {
    const body = JSON.stringify({ json: { email, password } })
    const { POST } = await routes()
    return POST(
      new Request(at('token.create'), { method: 'POST', headers: { 'content-type': 'application/json' }, body }),
    )
  }

  it('signs in and answers through superjson', async () => {
    const { GET } = await routes()
    const { result } = (await (await signIn('ann@example.org', 'tea at four, as ever')).json()) as {
      result: { data: { json: { token: string } } }
    }
    const headers = { authorization: `Bearer ${result.data.json.token}` }
    const answer = await GET(new Request(at('posts'), { headers }))
    expect(await answer.json()).toMatchObject({
      result: { data: { json: [{ author: 'u1' }], meta: { values: { '0.at': ['Date'] } } } },
    })
  })

  it('refuses with a challenge and a reason, and still flattens what zod says', async () => {
    const { GET } = await routes()
    const refused = await GET(new Request(at('posts')))
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="trpc"'])
    expect(await refused.json()).toMatchObject({
      error: { json: { data: { jwt: { reason: 'missing' }, zodError: null } } },
    })
    expect(await (await signIn('no address', 'tea')).json()).toMatchObject({
      error: { json: { data: { jwt: null, zodError: { fieldErrors: { email: [expect.any(String)] } } } } },
    })
  })

  it('renders what is public, and nothing that is protected: a navigation carries no bearer', async () => {
    const { api } = (await import(join(folder, 'existing-app-5.ts'))) as {
      api: { hello: () => Promise<string>; posts: () => Promise<unknown> }
    }
    expect(await api.hello()).toBe('Anyone may call this.')
    await expect(api.posts()).rejects.toThrow('Authentication required')
  })
})
