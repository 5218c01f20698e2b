import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { appRouter, createContext } from '../../playground/app.ts'
import { closeStore, jwt } from '../../playground/jwt.ts'
import { addressOf, startServer } from '../../playground/server.ts'
import { passTime } from '../support/later.ts'
import { root } from '../support/pack.ts'
import { serve } from '../support/serve.ts'
import {
  guess,
  guessAtOnce,
  NOT_AUTHORISED,
  openAccount,
  SIGNED_IN,
  signIn,
  TOO_MANY,
  WRONG,
} from '../support/sign-in.ts'

const FIVE_REFUSALS = Array.from({ length: 5 }, () => NOT_AUTHORISED)
let url: string

beforeAll(async () => {
  const server = await startServer(0)
  url = addressOf(server)
  return () => server.close()
})

afterAll(closeStore)

describe('an account that is guessed at', { timeout: 60_000 }, () => {
  it('lets the right password in no more after five wrong ones, and again after five minutes', async () => {
    const owner = await openAccount()
    expect(await guess(url, 5, owner)).toEqual(FIVE_REFUSALS)
    expect(await signIn(url, owner)).toEqual(TOO_MANY)
    passTime(270)
    expect(await guess(url, 2, owner)).toEqual([TOO_MANY, TOO_MANY])
    expect(await signIn(url, owner)).toEqual(TOO_MANY)
    passTime(31)
    expect(await signIn(url, owner)).toEqual(SIGNED_IN)
  })

  it('gets the answers that one gets which nobody has', async () => {
    const known = await guess(url, 7, await openAccount())
    expect(known).toEqual([...FIVE_REFUSALS, TOO_MANY, TOO_MANY])
    expect(await guess(url, 7, { email: 'nobody@example.org', password: '' })).toEqual(known)
  })

  it('locks no other', async () => {
    const [one, other] = [await openAccount(), await openAccount()]
    await guess(url, 6, one)
    expect(await signIn(url, one)).toEqual(TOO_MANY)
    expect(await signIn(url, other)).toEqual(SIGNED_IN)
  })

  it('is one account, however its address is spelt', async () => {
    const owner = await openAccount()
    await guess(url, 3, { ...owner, email: owner.email.toUpperCase() })
    await guess(url, 2, owner)
    expect(await signIn(url, { ...owner, email: owner.email.replace('u', 'U') })).toEqual(TOO_MANY)
  })

  it('stays open to who signs in often, and forgets no failure for it', async () => {
    const owner = await openAccount()
    for (let i = 0; i < 6; i++) expect(await signIn(url, owner)).toEqual(SIGNED_IN)
    await guess(url, 4, owner)
    expect(await signIn(url, owner)).toEqual(SIGNED_IN)
    expect(await guess(url, 2, owner)).toEqual([NOT_AUTHORISED, TOO_MANY])
  })
})

describe('guesses that come at once', { timeout: 60_000 }, () => {
  const wrong = Array.from({ length: 499 }, (_, i) => `${WRONG} ${i}`)

  it('are five, be they 500 in one request, and the last one right', async () => {
    const at = await serve(appRouter, { createContext, responseMeta: jwt.responseMeta, maxBatchSize: 500 })
    const { email, password } = await openAccount()
    const outcomes = await guessAtOnce(at, 500, { email, passwords: [...wrong, password] })
    expect(outcomes).toEqual({ 401: 5, 429: 495 })
    expect(await signIn(at, { email, password })).toEqual(TOO_MANY)
  })

  it('are five, be they in fifty requests of as many as the server takes', async () => {
    const { email, password } = await openAccount()
    const outcomes = await guessAtOnce(url, 10, { email, passwords: [...wrong, password] })
    expect(outcomes).toEqual({ 401: 5, 429: 495 })
  })
})

describe('the guide', () => {
  it('shows what the playground runs', () => {
    const code = readFileSync(join(root, 'playground/sign-in-limit.ts'), 'utf8')
    expect(readFileSync(join(root, 'docs/limit-sign-ins.md'), 'utf8')).toContain(code)
  })
})
