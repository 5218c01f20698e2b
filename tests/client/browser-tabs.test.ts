import { describe, expect, test } from 'vitest'

import { openTwoTabs, startBrowser } from '../support/browser.ts'
import { ANN } from '../support/client-api.ts'

const ROUNDS = 5
const PATIENT = { timeout: 5_000 }

const browser = await startBrowser()

async function openSignedIn() {
  const tabs = await openTwoTabs(browser!)
  await tabs.first.page.evaluate((ann) => tab.signIn(ann), ANN)
  for (const { shown } of [tabs.first, tabs.second]) await expect.poll(shown, PATIENT).toBe('Signed in as ann')
  return tabs
}

describe.runIf(browser !== undefined)('two tabs of a browser that share localStorage', { timeout: 30_000 }, () => {
  test('who signs in in one is signed in in the other too', async () => {
    const { first, second, errors } = await openTwoTabs(browser!)
    expect([await first.shown(), await second.shown()]).toEqual(['Signed out', 'Signed out'])

    await first.page.evaluate((ann) => tab.signIn(ann), ANN)

    await expect.poll(second.shown, PATIENT).toBe('Signed in as ann')
    expect(await second.page.evaluate(() => tab.askAt(0))).toEqual(Array(20).fill('Your token worked, ann.'))
    expect(errors).toEqual([])
  })

  test('when the token ends under twenty calls of each, one of them renews it once, and no call fails', async () => {
    const { first, second, errors, refreshes } = await openSignedIn()

    for (let round = 1; round <= ROUNDS; round += 1) {
      const moment = await first.page.evaluate(() => tab.endsAt())
      const answers = await Promise.all(
        [first, second].map(({ page }) => page.evaluate((end) => tab.askAt(end), moment)),
      )

      expect(answers.flat()).toEqual(Array(40).fill('Your token worked, ann.'))
    }
    // On a busy machine what one tab stores can reach the other later than the lock waits: once, and within the grace.
    expect(refreshes()).toBeGreaterThanOrEqual(ROUNDS)
    expect(refreshes()).toBeLessThanOrEqual(ROUNDS + 1)
    expect(errors).toEqual([])
  })

  test('`token.revoke` in one signs out the other', async () => {
    const { first, second, errors } = await openSignedIn()

    await second.page.evaluate(() => tab.signOut())

    await expect.poll(first.shown, PATIENT).toBe('Signed out')
    expect(await second.shown()).toBe('Signed out')
    expect(errors).toEqual([])
  })
})
