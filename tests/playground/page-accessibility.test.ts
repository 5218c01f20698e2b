import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import axe from 'axe-core'
import type { AxeResults } from 'axe-core'
import { describe, expect, test } from 'vitest'

import { startBrowser } from '../support/browser.ts'
import { openPage, startPageServer } from '../support/page.ts'

const browser = await startBrowser()
const url = browser ? await startPageServer() : ''
/** The folder for screenshots, if one is wanted; `docs/images/playground.png` is the light, wide one. */
const shots = process.env['PAGE_SHOTS'] ?? mkdtempSync(join(tmpdir(), 'page-shots-'))

/** The page with answers, rejections, a feed and a changed token on it. */
async function openFull() {
  const opened = await openPage(browser!, url)
  const { section, call, signIn } = opened
  await call('me').click()
  await call('me').outcome.getByText('Authentication required').waitFor()
  await signIn('Bob')
  await call('notes.list').click()
  await call('notes.write').click()
  await call('notes.write').outcome.getByText('Insufficient scope').waitFor()
  await section('Live feeds').getByRole('button', { name: 'Open WebSocket feed' }).click()
  await section('Live feeds').getByText('Open.', { exact: true }).waitFor()
  const forge = section('Edit the token')
  await forge.getByRole('button', { name: 'Take my token' }).click()
  await forge.getByRole('button', { name: 'Change the scope' }).click()
  await forge.getByRole('button', { name: 'Call me with it' }).click()
  await forge.getByText('Invalid token').waitFor()
  return opened
}

const views = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 1280 },
  { colorScheme: 'light', width: 360 },
  { colorScheme: 'dark', width: 360 },
] as const

describe.runIf(browser !== undefined)('the playground’s page, for whoever looks at it', { timeout: 40_000 }, () => {
  test('passes axe, and fits the window, in light and dark, wide and narrow', async () => {
    const { page, section } = await openFull()
    await page.evaluate(axe.source)
    for (const { colorScheme, width } of views) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height: 800 })
      await section('The token').evaluate((element) => element.scrollIntoView())
      const { violations } = await page.evaluate(() =>
        (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
      )
      expect(violations.map(({ id, nodes }) => [colorScheme, width, id, nodes.map(({ html }) => html)])).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
      await page.screenshot({ path: join(shots, `${colorScheme}-${width}.png`), fullPage: width < 1_000 })
    }
  })

  test('can be used with the keyboard alone, and shows the focus', async () => {
    const { page, section } = await openPage(browser!, url)
    await page.getByRole('slider').focus()
    for (let i = 0; i < 4; i += 1) await page.keyboard.press('Tab') // user, email, password, button
    const focused = page.locator(':focus')
    expect(await focused.textContent()).toBe('Sign in')
    expect(await focused.evaluate((element) => getComputedStyle(element).outlineStyle)).toBe('solid')
    await page.keyboard.press('Enter')
    await section('Sign in').getByText('Signed in as Ann.').waitFor()
  })
})
