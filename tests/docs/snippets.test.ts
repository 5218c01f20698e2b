import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { freePort, until } from '../support/own-process.ts'
import { root } from '../support/pack.ts'
import { countSnippets, snippetsOf, type SnippetFile } from '../support/snippets.ts'

const run = promisify(execFile)
const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))
const pages = [join(root, 'README.md'), ...docs.map((name) => join(root, 'docs', name))]
const folder = mkdtempSync(join(root, '.snippets-'))

const USERS: SnippetFile = {
  name: 'users.ts',
  code: `export const users = {
    check: async (email: string, password: string) =>
      email === 'ann@example.org' && password === 'tea at four, as ever' ? { id: 'u1', role: 'writer' as const } : null,
  }`,
}

const [server] = snippetsOf(join(root, 'README.md'))
/** The example without its last statement, which starts a server: what other snippets import. */
const APP: SnippetFile = {
  name: 'app.ts',
  code: server?.code.replace(/\ncreateHTTPServer\([\s\S]*\.listen\(3000\)/, '') ?? '',
}

beforeAll(() => {
  const tsconfig = { extends: '../tsconfig.json', include: ['*.ts', '../tests/support/next.d.ts'], exclude: [] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
  const files = [USERS, APP, ...pages.flatMap(snippetsOf)]
  for (const { name, code } of files) writeFileSync(join(folder, name), code, { flag: 'wx' })
})

afterAll(() => rmSync(folder, { recursive: true }))

describe('the snippets', () => {
  test.each(pages)('of %s are all found', (page) => {
    expect(snippetsOf(page).filter(({ code }) => code.endsWith('export {}\n'))).toHaveLength(countSnippets(page))
  })

  test('compile, those of the README and of every guide', { timeout: 60_000 }, async () => {
    const complaints = await run('npx', ['tsc', '-p', folder], { cwd: root }).then(
      () => '',
      ({ stdout, message }: Error & { stdout?: string }) => stdout || message,
    )
    expect(complaints).toBe('')
  })
})

describe('the example', () => {
  test('signs in, answers and refuses, as the README says', { timeout: 30_000 }, async () => {
    const port = await freePort()
    const of = (name: string) => {
      const file = snippetsOf(join(root, 'README.md')).find((snippet) => snippet.name === name)
      writeFileSync(join(folder, `run-${name}`), file?.code.replace(/\b3000\b/g, String(port)) ?? '')
      return join(folder, `run-${name}`)
    }
    const env = { ...process.env, JWT_PASSPHRASE: 'what openssl rand -base64 48 would print, say' }
    const child = spawn(process.execPath, ['--import', 'tsx', of('server.ts')], { cwd: root, env, stdio: 'inherit' })
    try {
      await until('the example answers', async () => (await fetch(`http://localhost:${port}/hello`)).ok)
      const { stdout } = await run(process.execPath, ['--import', 'tsx', of('client.ts')], { cwd: root, env })
      expect(stdout).toBe('Your token worked, u1.\n')

      const refused = await fetch(`http://localhost:${port}/private`)
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="trpc"'])
    } finally {
      child.kill()
    }
  })
})
