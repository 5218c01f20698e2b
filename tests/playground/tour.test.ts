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

/** Masks the parts that differ between runs: the port, and the last letters of tokens. */
const mask = (text: string): string =>
  text.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT').replaceAll(/(eyJ\w+…)[\w-]{4}/g, '$1LAST')

describe('npm run playground', { timeout: 90_000 }, () => {
  it('prints its transcript, in plain text, and ends by itself', async () => {
    const { code, stdout, stderr } = await run('npm', ['run', '--silent', 'playground'])
    expect(stderr).toBe('')
    await expect(mask(stdout)).toMatchFileSnapshot('tour.transcript.txt')
    expect(code).toBe(0)
  })

  it('fails at the first step with another result, in colour if asked for', async () => {
    const { code, stdout } = await runBroken('scopeless', { FORCE_COLOR: '1' })
    expect(stripVTControlCharacters(stdout)).toMatch(
      /11 {2}He may not write[^]+200 OK[^]+A step had another result than expected\.\n$/,
    )
    expect(stdout).not.toBe(stripVTControlCharacters(stdout))
    expect(code).toBe(1)
  })

  it('does not start with an unprotected procedure', async () => {
    const { code, stdout, stderr } = await runBroken('unguarded')
    expect(stderr).toContain('assertProtected: `me` is neither protected nor named public')
    expect(stdout).toBe('')
    expect(code).toBe(1)
  })

  it('needs a passphrase in production', async () => {
    const { code, stderr } = await run('npm', ['run', '--silent', 'playground'], { NODE_ENV: 'production' })
    expect(stderr).toContain('is undefined; set the environment variable')
    expect(code).toBe(1)
  })
})

describe('the steps', () => {
  it('notice an unprotected procedure', async () => {
    vi.spyOn(console, 'log').mockReturnValue()
    await addDemo()
    const url = await serve(brokenRouters.unguarded, { createContext, responseMeta: jwt.responseMeta })
    await expect(takeSteps(createGuide(url))).rejects.toThrow('The call was answered, but should have been rejected')
  })
})

afterAll(closeStore)
