import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { linesOf, stepsOf, type GuideStep } from '../support/guide-steps.ts'
import { freePort, until } from '../support/own-process.ts'
import { packCopy, root } from '../support/pack.ts'
import { openShell, type Shell } from '../support/shell.ts'

const steps = stepsOf(join(root, 'docs/getting-started.md'))
const commands = steps.flatMap((step) => (step.type === 'run' ? [step] : []))
const files = steps.flatMap((step) => (step.type === 'write' ? [step] : []))

/** The variables of somebody who is not running this project's tests. */
function readersVariables(): NodeJS.ProcessEnv {
  const ours =
    /^(?:npm_(?:package|lifecycle|command|execpath|node_execpath|config_local_prefix)|INIT_CWD|NODE_|VITEST|JWT_)/
  const others = Object.entries(process.env).filter(([name]) => !ours.test(name))
  const path = process.env['PATH']?.split(delimiter).filter((folder) => !folder.includes('node_modules'))
  const quick = { npm_config_prefer_offline: 'true', npm_config_audit: 'false', npm_config_update_notifier: 'false' }
  return { ...Object.fromEntries(others), ...quick, PATH: path?.join(delimiter) }
}

describe('getting started', () => {
  const folder = mkdtempSync(join(tmpdir(), 'getting-started-'))
  const app = join(folder, 'app')
  let tarball: string
  let port: number
  let shell: Shell

  beforeAll(async () => {
    tarball = packCopy(folder).path
    port = await freePort()
    mkdirSync(app)
    shell = openShell(app, readersVariables())
  }, 120_000)

  afterAll(() => {
    shell.close()
    rmSync(folder, { recursive: true })
  })

  /** As the guide has it, but for a port that is free here. */
  const here = (text: string): string => text.replaceAll(/\b3000\b/g, String(port))

  const isUp = () =>
    fetch(`http://localhost:${port}`).then(
      () => true,
      () => false,
    )

  async function take(step: GuideStep): Promise<void> {
    if (step.type === 'write') return writeFileSync(join(app, step.name), here(step.code))
    const command = here(step.command).replace(/^(npm install) trpc-jwt-trivial /, `$1 ${tarball} `)
    const { code, output } = await shell.run(command)
    if (code !== 0) throw new Error(`\`${command}\` ended with ${code}: ${output}`)
    const printed = output.split(/\r?\n/)
    expect(step.promised.filter((line) => !printed.includes(line))).toEqual([])
    if (command.endsWith('&')) await until('the server answers', isUp, 60)
  }

  it('takes at most ten commands and thirty lines of code', () => {
    expect(commands.length).toBeLessThanOrEqual(10)
    expect(files.flatMap(({ code }) => linesOf(code)).length).toBeLessThanOrEqual(30)
  })

  it('gets from an empty folder to a protected call, and to its refusal, with the package as it is packed', async () => {
    for (const step of steps) await take(step)
    expect(commands.flatMap(({ promised }) => promised)).toEqual([
      'Authentication required',
      'Your token worked, Ann.',
      'HTTP/1.1 401 Unauthorized',
      'www-authenticate: Bearer realm="trpc"',
    ])
    await until('the server is stopped', async () => !(await isUp()))
  }, 300_000)
})
