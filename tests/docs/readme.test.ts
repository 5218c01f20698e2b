import { fork, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { createTRPCUntypedClient, httpBatchLink } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { assertProtected, createJwtTrivial, memorySessions, rejectionTexts } from 'trpc-jwt-trivial'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'

import { mint, PASSPHRASE } from '../support/mint.ts'
import { root } from '../support/pack.ts'
import { snippetsOf } from '../support/snippets.ts'

const readme = readFileSync(join(root, 'README.md'), 'utf8')
const env = { ...process.env, JWT_PASSPHRASE: PASSPHRASE }
const tsx = ['--import', 'tsx']
const folder = mkdtempSync(join(root, '.snippets-'))

/** What the examples import: `users.ts` of the reader's, and `app.ts`, the first example without the statement that starts it. */
const USERS = `export const users = {
  check: async (_email: string, password: string) =>
    password === 'tea at four, as ever' ? { id: 'u1', role: 'writer' as const } : undefined,
}`

beforeAll(() => {
  const snippets = ['README.md', 'docs/another-origin.md'].flatMap((page) => snippetsOf(join(root, page)))
  for (const { name, code } of snippets) writeFileSync(join(folder, name), code)
  const server = readFileSync(join(folder, 'server.ts'), 'utf8')
  writeFileSync(join(folder, 'app.ts'), server.replace(/^createHTTPServer\([^]*/m, ''))
  writeFileSync(join(folder, 'users.ts'), USERS)
})

afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

/** Starts an example that listens, on a free port instead of its own, and gives its URL. */
async function start(file: string): Promise<string> {
  const reporting =
    '.on("listening", function (this: { address(): unknown }) { process.send!((this.address() as { port: number }).port) }).listen(0)'
  const code = readFileSync(join(folder, file), 'utf8').replace('.listen(3000)', reporting)
  expect(code).toContain(reporting)
  const path = join(folder, `started-${file}`)
  writeFileSync(path, code)
  const child = fork(path, { cwd: root, execArgv: tsx, env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  onTestFinished(() => void child.kill())
  return `http://localhost:${await portOf(child)}`
}

const portOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    child.once('message', (port: number) => resolve(port))
    child.once('exit', (code) => reject(new Error(`The example ended with ${code}`)))
  })

describe('the example', { timeout: 60_000 }, () => {
  it('refuses a wrong password and a changed token, and lets the right ones in', async () => {
    const url = await start('server.ts')
    let token: string | undefined
    const headers = () => (token === undefined ? {} : { authorization: `Bearer ${token}` })
    const trpc = createTRPCUntypedClient({ links: [httpBatchLink({ url, headers })] })
    const signIn = (password: string) => trpc.mutation('token.create', { email: 'ann@example.org', password })

    expect(await trpc.query('hello')).toBe('Anyone may call this.')
    await expect(signIn('coffee at noon')).rejects.toThrow('Not authorised')
    const issued = (await signIn('tea at four, as ever')) as { token: string }
    expect(issued).toEqual({ token: expect.any(String), category: 'Bearer', expiresIn: 900 })
    token = issued.token
    expect(await trpc.query('private')).toBe('Your token worked, u1.')
    token = `${issued.token.slice(0, -8)}AAAAAAAA`
    await expect(trpc.query('private')).rejects.toThrow('Invalid token')
  })

  it('takes no more calls in a request than its client sends', async () => {
    const url = await start('server.ts')
    const statusOf = async (calls: number) => (await fetch(`${url}/hello${',hello'.repeat(calls - 1)}?batch=1`)).status
    expect([await statusOf(10), await statusOf(11)]).toEqual([200, 400])
    expect(readFileSync(join(folder, 'client.ts'), 'utf8')).toContain('maxItems: 10')
  })
})

describe('another origin', { timeout: 60_000 }, () => {
  const origin = 'https://app.example.org'
  const preflight = (url: string) =>
    fetch(`${url}/token.create`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    })

  it('may send the token and read the challenge', async () => {
    const url = await start('cors.ts')
    const allowed = await preflight(url)
    expect(allowed.ok).toBe(true)
    expect(allowed.headers.get('access-control-allow-origin')).toBe(origin)
    expect(listOf(allowed.headers.get('access-control-allow-methods'))).toContain('post')
    expect(listOf(allowed.headers.get('access-control-allow-headers'))).toEqual(['authorization', 'content-type'])
    expect(allowed.headers.get('access-control-allow-credentials')).toBeNull()

    const refused = await fetch(`${url}/private`, { headers: { origin } })
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="trpc"')
    expect(refused.headers.get('access-control-allow-origin')).toBe(origin)
    expect(listOf(refused.headers.get('access-control-expose-headers'))).toEqual(['www-authenticate'])
  })

  it('may not, without that', async () => {
    const response = await preflight(await start('server.ts'))
    expect(response.ok).toBe(false)
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('the example, called on the server', { timeout: 60_000 }, () => {
  type Caller = { private(): Promise<string> }
  type App = {
    appRouter: AnyTRPCRouter
    jwt: {
      createContext(opts?: object): object
      createAccessToken(claims: object): Promise<string>
    }
    t: { createCallerFactory(router: AnyTRPCRouter): (ctx: object) => Caller }
  }

  it('greets the owner of a token, refuses a call without one, and has no unprotected procedure', async () => {
    vi.stubEnv('JWT_PASSPHRASE', PASSPHRASE)
    const { appRouter, jwt, t } = (await import(join(folder, 'app.ts'))) as App
    const createCaller = t.createCallerFactory(appRouter)
    const token = await jwt.createAccessToken({ sub: 'u1', role: 'reader' })
    const caller = createCaller(jwt.createContext({ headers: { authorization: `Bearer ${token}` } }))
    expect(await caller.private()).toBe('Your token worked, u1.')
    const stranger = createCaller(jwt.createContext())
    await expect(stranger.private()).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      message: 'Authentication required',
    })
    await assertProtected(appRouter, { public: ['token.*', 'hello'] })
  })
})

describe('a token of Flask-JWT-Trivial', () => {
  const token = mint(
    { sub: undefined, iat: undefined, exp: undefined, iss: 'me' },
    { header: { typ: 'JWT' }, passphrase: PASSPHRASE },
  )

  it("is accepted once `expiresIn: 'never'` is written", async () => {
    const jwt = createJwtTrivial({ passphrase: PASSPHRASE, issuer: 'me', expiresIn: 'never', authorise: nobody })
    expect(await jwt.verify(token)).toEqual({ iss: 'me' })
  })

  it('is refused before', async () => {
    const jwt = createJwtTrivial({ passphrase: PASSPHRASE, issuer: 'me', authorise: nobody })
    await expect(jwt.verify(token)).rejects.toThrow('Invalid token')
  })
})

describe('the tables', () => {
  const lines = readme.split('\n')
  const rows = lines.filter((line) => line.startsWith('| '))

  /** The rows of the table whose header begins so. */
  const rowsUnder = (head: string): string[] => {
    const first = lines.findIndex((line) => line.startsWith(head)) + 2
    return lines.slice(
      first,
      lines.findIndex((line, i) => i >= first && !line.startsWith('| ')),
    )
  }

  it('have every option, and no other', () => {
    const options = { nonsense: true } as unknown as Parameters<typeof createJwtTrivial>[0]
    const { message } = errorOf(() => createJwtTrivial(options))
    const known = /the known options are (.+)/.exec(message)?.[1]?.split(', ')
    const listed = rowsUnder('| option ').flatMap(namesIn)
    expect(new Set(listed)).toEqual(new Set(known))
  })

  it('have every piece, and no other', () => {
    const sessions = { store: memorySessions(), reauthorise: nobody }
    const jwt = createJwtTrivial({ passphrase: PASSPHRASE, authorise: nobody, sessions })
    const listed = rowsUnder('| piece ').flatMap(namesIn)
    expect(new Set(listed)).toEqual(new Set(Object.keys(jwt)))
  })

  it.each(Object.entries(rejectionTexts))('have the refusal %s, with its text', (reason, text) => {
    expect(rows.find((row) => row.includes(`| \`${reason}\` |`))).toContain(`| ${text} |`)
  })
})

describe('the guides', () => {
  const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))
  const guides = ['README.md', ...pages.map((name) => `docs/${name}`)]

  it.each(guides)('%s has no example in a language that nothing checks', (guide) => {
    const fences = readFileSync(join(root, guide), 'utf8')
      .split('\n')
      .filter((line) => line.includes('```'))
    const opening = fences.filter((_, i) => i % 2 === 0)
    const unchecked = /^```(?:ts|sh|text|http|json|python|sql)$/
    expect(opening.filter((line) => !unchecked.test(line))).toEqual([])
  })
})

const nobody = () => false

const listOf = (header: string | null) => header?.toLowerCase().split(/, ?/)

/** What stands in backquotes in the first cell of a row, without brackets. */
const namesIn = (row: string): string[] =>
  [...(row.split(' | ')[0] ?? '').matchAll(/`(\w+)(?:\([^`]*\))?`/g)].map(([, name]) => String(name))

function errorOf(work: () => unknown): Error {
  try {
    work()
  } catch (error) {
    return error as Error
  }
  throw new Error('Nothing was thrown')
}
