import { spawn } from 'node:child_process'
import { once } from 'node:events'

import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll } from 'vitest'

import { root } from './pack.ts'

/** Runs `npm start` on a free port until the tests of the file have ended, however they end, and gives where it says it is. */
export async function startPageServer(): Promise<string> {
  const {
    JWT_PASSPHRASE: _passphrase,
    NODE_ENV: _env,
    REDIS_URL: _redis,
    DATABASE_URL: _database,
    ...env
  } = process.env
  const child = spawn('npm', ['start', '--silent'], {
    cwd: root,
    env: { ...env, PORT: '0' },
    detached: true, // a group of its own: npm's child outlives npm
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const guard = spawn('sh', ['-c', 'read -r _; kill -9 "-$0"', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  afterAll(async () => {
    const ended = once(child, 'close')
    guard.stdin.end()
    await ended
  })
  return new Promise((resolve, reject) => {
    let said = ''
    child.stdout.on('data', (chunk) => {
      said += String(chunk)
      const url = /The playground is at (http:\/\/127\.0\.0\.1:\d+)\./.exec(said)?.[1]
      if (url !== undefined) resolve(url)
    })
    child.once('exit', () => reject(new Error(`npm start ended: ${said}`)))
  })
}

/** Opens the page in a profile of its own, until the browser is closed. A script that fails, or a file that is missing, is an error. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => {
    // Chromium says so of each refusal, which here is what is asked for.
    if (message.type() === 'error' && !message.text().includes('the server responded with a status of 4')) {
      errors.push(message.text())
    }
  })
  await page.goto(url)
  const section = (name: string) => page.getByRole('region', { name, exact: true })
  const call = (path: string, where = 'Call procedures') => {
    const item = section(where)
      .getByRole('listitem')
      .filter({ hasText: `Call ${path}` })
    return {
      click: () => item.getByRole('button').click(),
      outcome: item.locator('[aria-live]'),
    }
  }
  return {
    page,
    errors,
    section,
    call,
    requests: section('Over the wire').getByRole('listitem'),
    outcomes: section('On the server’s side').getByRole('listitem'),
    signIn: async (name: 'Ann' | 'Bob', where = 'Sign in') => {
      await section(where).getByRole('radio', { name }).check()
      await section(where).getByRole('button', { name: 'Sign in' }).click()
      await section(where).getByText(`Signed in as ${name}.`).waitFor()
    },
    /** Moves the slider to its n-th stop, by the keyboard. */
    setLifetime: async (stop: number) => {
      const slider = page.getByRole('slider')
      await slider.press('Home')
      for (let i = 0; i < stop; i += 1) await slider.press('ArrowRight')
    },
  }
}
