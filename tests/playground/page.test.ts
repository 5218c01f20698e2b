import { describe, expect, test } from 'vitest'

import { startBrowser } from '../support/browser.ts'
import { openPage, startPageServer } from '../support/page.ts'

const browser = await startBrowser()
const url = browser ? await startPageServer() : ''
const open = () => openPage(browser!, url)
const SOON = { timeout: 10_000 }

describe.runIf(browser !== undefined)('the playground’s page', { timeout: 40_000 }, () => {
  test('signs in either user, shows the three parts of the token, each claim and the time left, and signs out', async () => {
    const { page, section, signIn, errors } = await open()
    await signIn('Ann')

    const token = section('The token')
    await expect.poll(() => token.getByRole('group').locator('span').count(), SOON).toBe(3)
    const parts = await token.getByRole('group').locator('span').allTextContents()
    const claims = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString()) as object
    const names = ['alg', 'typ', ...Object.keys(claims), 'signature']
    expect(await token.getByRole('rowheader').allTextContents()).toEqual(names)
    const meanings = await token.locator('tbody td:last-child').allTextContents()
    expect(meanings.filter((text) => text.length > 10)).toHaveLength(names.length)
    const colours = await token
      .getByRole('group')
      .locator('span')
      .evaluateAll((spans) => spans.map((span) => getComputedStyle(span).color))
    expect(new Set(colours).size).toBe(3)

    const left = async () => Number(/in (\d+) s/.exec((await token.getByRole('timer').textContent()) ?? '')?.[1])
    const before = await left()
    await expect.poll(left, SOON).toBeLessThan(before)

    await signIn('Bob')
    await section('Sign in').getByRole('button', { name: 'Sign out' }).click()
    await section('Sign in').getByText('Nobody is signed in.').waitFor()
    expect(await page.getByText('Waiting…').count()).toBe(0)
    expect(errors).toEqual([])
  })

  test('shows why a sign-in was rejected', async () => {
    const { section } = await open()
    const form = section('Sign in')
    await form.getByRole('textbox', { name: 'Password' }).fill('coffee at noon')
    await form.getByRole('button', { name: 'Sign in' }).click()
    await form.getByText('Not authorised 401 UNAUTHORIZED, reason not_authorised').waitFor()
    expect(await form.getByRole('status').textContent()).toBe('Nobody is signed in.')
  })

  test('shows status, challenge and typed reason of each call: without a token, as a reader, as a writer', async () => {
    const { call, signIn, requests, errors } = await open()
    const outcomeOf = async (path: string, text: string) => {
      await call(path).click()
      await call(path).outcome.getByText(text).waitFor()
      return requests.first().innerText()
    }

    expect(await outcomeOf('status', '{"notes":')).toMatch(/GET \/api\/30s\/status\s+200/)
    expect(await outcomeOf('me', 'Authentication required 401 UNAUTHORIZED, reason missing')).toMatch(
      /401\s+WWW-Authenticate: Bearer realm="trpc"\s+UNAUTHORIZED \(missing\)/,
    )
    await signIn('Bob')
    expect(await outcomeOf('notes.list', '"Welcome"')).toMatch(/Authorization: Bearer eyJhbGci….{4}\s+200/)
    expect(await outcomeOf('notes.write', 'Insufficient scope 403 FORBIDDEN, reason insufficient_scope')).toMatch(
      /403\s+WWW-Authenticate: .*error="insufficient_scope", scope="notes:write"/,
    )
    await signIn('Ann')
    expect(await outcomeOf('notes.write', '"author":"Ann"')).toMatch(/POST \/api\/30s\/notes\.write/)
    expect(errors).toEqual([])
  })

  test('lets a recent sign-in do what an older one may not do', async () => {
    const { page, call, signIn, setLifetime, requests } = await open()
    await setLifetime(4)
    await signIn('Ann')
    await call('exportNotes').click()
    await call('exportNotes').outcome.getByText('"Welcome"').waitFor()
    await page.waitForTimeout(10_500)
    await call('exportNotes').click()
    await call('exportNotes').outcome.getByText('Recent authentication required 401').waitFor()
    expect(await requests.first().innerText()).toContain('error="insufficient_user_authentication", max_age="10"')
  })

  test('can be signed out from a second device', async () => {
    const { section, call, signIn, outcomes, errors } = await open()
    await signIn('Ann')
    await signIn('Ann', 'A second device')
    await call('signOutOthers', 'A second device').click()
    await call('signOutOthers', 'A second device').outcome.getByText('Done.').waitFor()

    await call('me').click()
    await call('me').outcome.getByText('Not authorised 401 UNAUTHORIZED').waitFor()
    await section('Sign in').getByText('Nobody is signed in.').waitFor()
    await outcomes.filter({ hasText: 'rejected me: revoked' }).first().waitFor()
    await call('me', 'A second device').click()
    await call('me', 'A second device').outcome.getByText('"name":"Ann"').waitFor()
    expect(errors).toEqual([])
  })

  test('sends a changed token: each gets the same message, and the server knows the reason', async () => {
    const { section, signIn, outcomes, errors } = await open()
    const forge = section('Edit the token')
    await signIn('Bob')
    const reasons = {
      'Flip a character': 'bad_signature',
      'Change alg to none': 'malformed',
      'Change the scope': 'bad_signature',
    }
    for (const [edit, reason] of Object.entries(reasons)) {
      const token = () => forge.getByRole('textbox').inputValue()
      const former = await token()
      await forge.getByRole('button', { name: 'Take my token' }).click()
      await expect.poll(token, SOON).not.toBe(former)
      await forge.getByRole('button', { name: edit }).click()
      await forge.getByRole('button', { name: 'Call me with it' }).click()
      await forge.getByText('Invalid token 401 UNAUTHORIZED, reason invalid').waitFor()
      await expect.poll(() => outcomes.first().innerText(), SOON).toBe(`rejected me: ${reason}`)
    }

    await forge.getByRole('button', { name: 'Take my token' }).click()
    await forge.getByRole('button', { name: 'Call me with it' }).click()
    await forge.getByText('"name":"Bob"').waitFor()
    expect(errors).toEqual([])
  })
})
