import { execFile } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'

import { afterAll, describe, expect, it, vi } from 'vitest'

import { createContext } from '../../playground/app.ts'
import { addDemo } from '../../playground/demo.ts'
import { createGuide } from '../../playground/guide.ts'
import { closeStore, jwt } from '../../playground/jwt.ts'
import { takeSteps } from '../../playground/steps.ts'
import { brokenRouters } from '../support/broken-routers.ts'
import { root } from '../support/pack.ts'
import { serve } from '../support/serve.ts'

interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs a program to its end, without a terminal. */
function run(program: string, args: readonly string[], variables: Record<string, string> = {}): Promise<Ended> {
  const { FORCE_COLOR: _force, NO_COLOR: _no, JWT_PASSPHRASE: _passphrase, ...env } = process.env
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      { cwd: root, env: { ...env, ...variables }, timeout: 60_000 },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    )
  })
}

const runBroken = (name: keyof typeof brokenRouters, variables?: Record<string, string>): Promise<Ended> =>
  run('node', ['--import', 'tsx', 'tests/support/broken-tour.ts', name], variables)

/** Takes out what differs from run to run: the port, and the last letters of tokens. */
const mask = (text: string): string =>
  text.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT').replaceAll(/(eyJ\w+…)[\w-]{4}/g, '$1LAST')

describe('npm run playground', { timeout: 90_000 }, () => {
  it('goes as its transcript says, in plain text, and ends by itself', async () => {
    const { code, stdout, stderr } = await run('npm', ['run', '--silent', 'playground'])
    expect(stderr).toBe('')
    await expect(mask(stdout)).toMatchFileSnapshot('tour.transcript.txt')
    expect(code).toBe(0)
  })

  it('fails at the step that does not go as told, in colour where asked', async () => {
    const { code, stdout } = await runBroken('scopeless', { FORCE_COLOR: '1' })
    expect(stripVTControlCharacters(stdout)).toMatch(/11 {2}He may not write[^]+200 OK[^]+That did not go as told\.\n$/)
    expect(stdout).not.toBe(stripVTControlCharacters(stdout))
    expect(code).toBe(1)
  })

  it('does not start with a procedure that nobody guarded', async () => {
    const { code, stdout, stderr } = await runBroken('unguarded')
    expect(stderr).toContain('assertProtected: `me` is neither protected nor named public')
    expect(stdout).toBe('')
    expect(code).toBe(1)
  })

  it('needs a passphrase in production', async () => {
    const { code, stderr } = await run('npm', ['run', '--silent', 'playground'], { NODE_ENV: 'production' })
    expect(stderr).toContain('is the environment variable set?')
    expect(code).toBe(1)
  })
})

describe('the steps', () => {
  it('notice a procedure that nobody guarded', async () => {
    vi.spyOn(console, 'log').mockReturnValue()
    await addDemo()
    const url = await serve(brokenRouters.unguarded, { createContext, responseMeta: jwt.responseMeta })
    await expect(takeSteps(createGuide(url))).rejects.toThrow('It was answered, and should have been refused')
  })
})

afterAll(closeStore)
