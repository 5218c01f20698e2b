import { describe, test } from 'vitest'

import { startBrowser } from '../support/browser.ts'
import { openPage, startPageServer } from '../support/page.ts'

const browser = await startBrowser()
const url = browser ? await startPageServer() : ''
const PATIENT = { timeout: 20_000 }

/** The page, with Ann signed in for ten seconds. */
async function openBriefly() {
  const opened = await openPage(browser!, url)
  await opened.setLifetime(0)
  await opened.signIn('Ann')
  const feed = (name: string) => {
    const group = opened.section('Live feeds').getByRole('group', { name: `Feed over ${name}` })
    return {
      open: () => group.getByRole('button', { name: `Open ${name} feed` }).click(),
      close: () => group.getByRole('button', { name: `Close ${name} feed` }).click(),
      state: group.getByRole('status'),
      received: async () => {
        const [, count, lost] = /(\d+) received, (-?\d+) lost/.exec(await group.innerText()) ?? []
        return { count: Number(count), lost: Number(lost) }
      },
    }
  }
  return { ...opened, feeds: [feed('SSE'), feed('WebSocket')] }
}

describe.runIf(browser !== undefined)(
  'the playground’s page, while tokens end',
  { timeout: 60_000, concurrent: true },
  () => {
    test('renews by itself: calls go on, and no call is rejected', async ({ expect }) => {
      const { section, outcomes, errors } = await openBriefly()
      const renewal = section('Watch a renewal')
      await renewal.getByRole('checkbox').check()
      await expect.poll(() => renewal.getByText('Renewed at').count(), PATIENT).toBeGreaterThanOrEqual(1)
      await section('Over the wire').getByText('POST /api/10s/token.refresh').first().waitFor()
      expect(await renewal.locator('.bad').count()).toBe(0)
      expect(await outcomes.filter({ hasText: 'rejected me' }).count()).toBe(0)
      expect(errors).toEqual([])
    })

    test('feeds over SSE and WebSocket go on after their token was renewed, and lose no event', async ({ expect }) => {
      const { feeds, section, errors } = await openBriefly()
      for (const feed of feeds) await feed.open()
      for (const { received } of feeds)
        await expect.poll(async () => (await received()).count, PATIENT).toBeGreaterThan(12)
      for (const { received, state } of feeds) {
        expect((await received()).lost).toBe(0)
        await expect.poll(() => state.textContent()).toBe('Open.')
      }
      expect(await section('Watch a renewal').getByText('Renewed at').count()).toBeGreaterThanOrEqual(1)
      for (const feed of feeds) {
        await feed.close()
        await expect.poll(() => feed.state.textContent()).toBe('Closed.')
      }
      expect(errors).toEqual([])
    })

    test('feeds end with their token if it is not renewed', async ({ expect }) => {
      const { feeds, section, errors } = await openBriefly()
      await section('Live feeds').getByRole('checkbox').uncheck()
      for (const feed of feeds) await feed.open()
      for (const { state } of feeds) {
        await expect
          .poll(() => state.textContent(), PATIENT)
          .toMatch(/^Token expired 401 UNAUTHORIZED, reason expired$/)
      }
      for (const { received } of feeds) expect((await received()).count).toBeGreaterThan(0)
      expect(errors).toEqual([])
    })
  },
)
