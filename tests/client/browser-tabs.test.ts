import { describe, expect, test } from 'vitest'

import { openTwoTabs, startBrowser } from '../support/browser.ts'
import { ANN, BOB, sleep } from '../support/client-api.ts'
import { CHANGED } from '../support/client-errors.ts'

const ROUNDS = 5
const PATIENT = { timeout: 15_000 }
/** For waits on timers of ten seconds, on a busy machine. */
const VERY_PATIENT = { timeout: 45_000, interval: 250 }
const LASTING = { expiresIn: '15m' } as const
const ANSWER = 'Your token worked, ann.'
const LOCK = 'trpc-jwt-trivial:renewal'

const browser = await startBrowser()

async function openSignedIn(options?: Parameters<typeof openTwoTabs>[1]) {
  const tabs = await openTwoTabs(browser!, options)
  await tabs.first.page.evaluate((ann) => tab.signIn(ann), ANN)
  for (const { shown } of [tabs.first, tabs.second]) await expect.poll(shown, PATIENT).toBe('Signed in as ann')
  return tabs
}

describe.runIf(browser !== undefined)('two tabs of a browser that share localStorage', { timeout: 30_000 }, () => {
  test('a user who signs in in one tab is signed in in the other too', async () => {
    const { first, second, errors } = await openTwoTabs(browser!)
    expect([await first.shown(), await second.shown()]).toEqual(['Signed out', 'Signed out'])

    await first.page.evaluate((ann) => tab.signIn(ann), ANN)

    await expect.poll(second.shown, PATIENT).toBe('Signed in as ann')
    expect(await second.page.evaluate(() => tab.askAt(0))).toEqual(Array(20).fill(ANSWER))
    expect(errors).toEqual([])
  })

  test('when the token expires during twenty calls in each tab, one tab renews it once, and no call fails', async () => {
    const { first, second, errors, refreshes } = await openSignedIn()

    for (let round = 1; round <= ROUNDS; round += 1) {
      const moment = await first.page.evaluate(() => tab.endsAt())
      const answers = await Promise.all(
        [first, second].map(({ page }) => page.evaluate((end) => tab.askAt(end), moment)),
      )

      expect(answers.flat()).toEqual(Array(40).fill(ANSWER))
    }
    // On a busy machine, the other tab may see the new token too late, and renews once more, within the grace.
    expect(refreshes()).toBeGreaterThanOrEqual(ROUNDS)
    expect(refreshes()).toBeLessThanOrEqual(ROUNDS + 1)
    expect(errors).toEqual([])
  })

  test('`token.revoke` in one tab signs out the other', async () => {
    const { first, second, errors } = await openSignedIn()

    await second.page.evaluate(() => tab.signOut())

    await expect.poll(first.shown, PATIENT).toBe('Signed out')
    expect(await second.shown()).toBe('Signed out')
    expect(errors).toEqual([])
  })
})

describe.runIf(browser !== undefined)('when another user signs in, in the other tab', { timeout: 60_000 }, () => {
  test('each call is answered as the user who made it, or ends', async () => {
    const { first, second, api } = await openSignedIn(LASTING)
    const calling = first.page.evaluate(() => tab.callUntilSignedIn('bob'))
    await expect.poll(() => api.ran.length, PATIENT).toBeGreaterThan(3)
    await second.page.evaluate((bob) => tab.signIn(bob), BOB)
    const calls = await calling

    expect(calls.filter(({ as, answer }) => answer !== as && answer !== CHANGED)).toEqual([])
    expect(new Set(calls.map(({ as }) => as))).toEqual(new Set(['ann', 'bob']))
    expect(calls.at(-1)).toEqual({ as: 'bob', answer: 'bob' })
  })

  test('a slow call whose session has ended is not sent again as the new user', async () => {
    const { first, second, api } = await openSignedIn(LASTING)
    const late = first.page.evaluate(() => tab.late())
    await expect.poll(() => api.calls, PATIENT).toContain('late')
    await api.jwt.endSessions('ann')
    await second.page.evaluate((bob) => tab.signIn(bob), BOB)

    expect(['ann', CHANGED, 'Invalid token', 'Not authorised']).toContain(await late)
    await expect.poll(first.shown, PATIENT).toBe('Signed in as bob')
    expect(api.ran).not.toContain('late as bob')
  })

  test.each(['sse', 'websocket'] as const)('the storage event alone ends a subscription over %s', async (transport) => {
    const { first, second, api } = await openSignedIn(LASTING)
    const mail = () => first.page.evaluate(() => tab.mail)
    await first.page.evaluate((way) => tab.readMail(way), transport)
    await expect.poll(async () => (await mail()).words.length, PATIENT).toBeGreaterThan(2)
    await second.page.evaluate((bob) => tab.signIn(bob), BOB)

    await expect.poll(async () => (await mail()).errors, PATIENT).toEqual([CHANGED])
    const { length } = (await mail()).words
    await sleep(3_500) // the pause before an EventSource reconnects
    const { words, errors } = await mail()
    expect([words.length, new Set(words), errors]).toEqual([length, new Set(['Mail for ann.']), [CHANGED]])
    expect(api.calls).toEqual(['mail'])

    await first.page.evaluate((way) => tab.readMail(way), transport)
    await expect.poll(async () => (await mail()).words.at(-1), PATIENT).toBe('Mail for bob.')
  })
})

describe.runIf(browser !== undefined)('a tab that hangs', { timeout: 120_000 }, () => {
  test('delays the other tab only for a while if its renewal is never answered', async () => {
    const { first, second } = await openSignedIn()
    const isHanging = new Promise<void>((resolve) => {
      void first.page.route('**/token.refresh*', () => resolve())
    })
    const held = first.page.evaluate(() => tab.askAt(tab.endsAt()))
    await isHanging

    const asked = () => second.page.evaluate(() => tab.ask())
    await expect.poll(asked, VERY_PATIENT).toBe(ANSWER)
    await held
    await first.page.unroute('**/token.refresh*')
    await expect.poll(() => first.page.evaluate(() => tab.ask()), VERY_PATIENT).toBe(ANSWER)
    expect(await second.shown()).toBe('Signed in as ann')
  })

  test('delays the other tab only for a while if it never releases the lock of renewals', async () => {
    const { first, second } = await openSignedIn()
    await first.page.evaluate(
      (lock) =>
        new Promise<void>((resolve) => {
          void navigator.locks.request(lock, () => {
            resolve()
            return new Promise(() => {})
          })
        }),
      LOCK,
    )
    const answers: string[] = []
    await second.page.evaluate(() => tab.askAt(tab.endsAt() + 500)).then((first20) => answers.push(...first20))
    await expect.poll(() => second.page.evaluate(() => tab.ask()), VERY_PATIENT).toBe(ANSWER)

    expect(new Set(answers)).toEqual(new Set(['TRPCClientError: The renewal was not answered in time']))
    expect([await first.shown(), await second.shown()]).toEqual(Array(2).fill('Signed in as ann'))
  })
})

describe.runIf(browser !== undefined)('a sign-out and a sign-in at the same moment', { timeout: 60_000 }, () => {
  test('leave both tabs in the state that was asked for last', async () => {
    const { first, second } = await openTwoTabs(browser!, LASTING)
    const shown = async () => [await first.shown(), await second.shown()]
    for (const aheadMs of [-40, -5, 0, 5, 40]) {
      await first.page.evaluate((ann) => tab.signIn(ann), ANN)
      await expect.poll(shown, PATIENT).toEqual(Array(2).fill('Signed in as ann'))
      const moment = Date.now() + 300
      const [out, back] = await Promise.all([
        first.page.evaluate((at) => tab.changeAt(at), moment),
        second.page.evaluate(({ at, bob }) => tab.changeAt(at, bob), { at: moment + aheadMs, bob: BOB }),
      ])
      const possible = [
        ...(out.before > back.after ? [] : ['Signed in as bob']),
        ...(back.before > out.after ? [] : ['Signed out']),
      ]

      await expect.poll(async () => new Set([...(await shown()), ...possible]).size, PATIENT).toBe(possible.length)
      await expect.poll(async () => new Set(await shown()).size, PATIENT).toBe(1)
      const settled = await shown()
      await sleep(500)
      expect([await shown(), possible.includes(String(settled[0]))]).toEqual([settled, true])
    }
  })
})
