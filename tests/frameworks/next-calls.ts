import assert from 'node:assert/strict'
import { createTRPCClient, httpBatchLink, httpBatchStreamLink, TRPCClientError } from '@trpc/client'

import type { Fetch } from '../support/endpoint.ts'
import { mint } from '../support/mint.ts'
import { headerValues, sendRaw } from '../support/raw.ts'
import type { AppRouter } from './next/server/trpc.ts'
import { check } from './report.ts'

const PASSWORDS = { ann: 'tea at four, as ever', bob: 'coffee at noon, rarely' }
const CHALLENGE = 'Bearer realm="trpc"'
const INVALID = `${CHALLENGE}, error="invalid_token"`

/** Drives the app with the stock client, and opens its page as a browser and as a service would. */
export async function callNextApp(url: string, passphrase: string): Promise<void> {
  const heads: { status: number; challenge: string | null; stored: string | null }[] = []
  const look: Fetch = async (input, init) => {
    const response = await fetch(input, init as RequestInit)
    const { status, headers } = response
    heads.push({ status, challenge: headers.get('www-authenticate'), stored: headers.get('cache-control') })
    return response
  }
  const links = { url: `${url}/api/trpc`, fetch: look, maxItems: 10 }
  const clientOf = (token?: string) =>
    createTRPCClient<AppRouter>({ links: [httpBatchLink({ ...links, headers: bearing(token) })] })
  const signIn = (name: keyof typeof PASSWORDS) => clientOf().token.create.mutate({ name, password: PASSWORDS[name] })
  const lastHead = () => heads.at(-1)
  const page = async (token?: string) => {
    const response = await fetch(url, { headers: bearing(token) })
    return { status: response.status, html: await response.text() }
  }
  const expired = mint({ exp: 1 }, { passphrase })
  const forged = mint({}, { passphrase: 'another passphrase, as long as the right one is, and as good' })

  await check('Next.js: signs in, and lets nobody store the token', async () => {
    const { token, ...rest } = await signIn('ann')
    assert.deepEqual(rest, { category: 'Bearer', expiresIn: 900 })
    assert.equal(lastHead()?.stored, 'no-store')
    assert.equal(await clientOf(token).private.query(), 'Your token worked, ann.')
  })

  await check('Next.js: issues no token for a wrong password', async () => {
    const attempt = clientOf().token.create.mutate({ name: 'ann', password: PASSWORDS.bob })
    await assert.rejects(attempt, refusal('Not authorised'))
    assert.deepEqual([lastHead()?.status, lastHead()?.challenge], [401, CHALLENGE])
  })

  await check('Next.js: refuses a call without a token, with a challenge', async () => {
    await assert.rejects(clientOf().private.query(), refusal('Authentication required'))
    assert.deepEqual([lastHead()?.status, lastHead()?.challenge], [401, CHALLENGE])
  })

  await check('Next.js: refuses a forged token and an expired one, each with its challenge', async () => {
    await assert.rejects(clientOf(forged).private.query(), refusal('Invalid token'))
    assert.deepEqual([lastHead()?.status, lastHead()?.challenge], [401, INVALID])
    await assert.rejects(clientOf(expired).private.query(), refusal('Token expired'))
    assert.equal(lastHead()?.challenge, `${INVALID}, error_description="The access token expired"`)
  })

  await check(
    'Next.js: answers a batch of a public and a refused call with 207, each with its own result',
    async () => {
      const before = heads.length
      const client = clientOf()
      const [hello, refused] = await Promise.allSettled([client.hello.query(), client.private.query()])
      assert.deepEqual(hello, { status: 'fulfilled', value: 'Anyone may call this.' })
      assert.ok(refused.status === 'rejected' && refusal('Authentication required')(refused.reason))
      assert.deepEqual(
        heads.slice(before).map(({ status, challenge }) => [status, challenge]),
        [[207, CHALLENGE]],
      )
    },
  )

  await check('Next.js: streams a batch, and refuses inside it', async () => {
    const client = createTRPCClient<AppRouter>({ links: [httpBatchStreamLink(links)] })
    const [hello, refused] = await Promise.allSettled([client.hello.query(), client.private.query()])
    assert.deepEqual(hello, { status: 'fulfilled', value: 'Anyone may call this.' })
    assert.ok(refused.status === 'rejected' && refusal('Authentication required')(refused.reason))
    assert.equal(lastHead()?.status, 200)
  })

  await check(
    'Next.js: refuses two tokens joined by a comma, and sees only the first of two header lines',
    async () => {
      const [ann, bob] = [(await signIn('ann')).token, (await signIn('bob')).token]
      const joined = await sendLines(url, `${ann}, Bearer ${bob}`)
      assert.deepEqual([joined.status, headerValues(joined, 'www-authenticate')], [401, [INVALID]])
      const [good, bad] = [await sendLines(url, ann, forged), await sendLines(url, forged, ann)]
      assert.deepEqual([good.status, bad.status], [200, 401])
    },
  )

  await check('Next.js: a server component answers each request by the bearer of that request alone', async () => {
    const tokens = { ann: (await signIn('ann')).token, bob: (await signIn('bob')).token }
    for (const name of ['ann', 'bob', 'ann'] as const) {
      const { status, html } = await page(tokens[name])
      assert.equal(status, 200)
      assert.match(html, new RegExp(`<p>Your token worked, ${name}\\.</p>`))
      assert.ok(!html.includes(tokens[name]), 'the token is in the page')
    }
    assert.doesNotMatch((await page()).html, /Your token worked/)
  })

  await check('Next.js: a server component asks whoever comes without a good bearer to sign in', async () => {
    assert.match((await page()).html, /<p>Authentication required\. Please sign in\.<\/p>/)
    assert.match((await page(expired)).html, /<p>Token expired\. Please sign in\.<\/p>/)
    assert.match((await page(forged)).html, /<p>Invalid token\. Please sign in\.<\/p>/)
  })
}

const bearing = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` }

const sendLines = (url: string, ...tokens: string[]) =>
  sendRaw(
    `${url}/api/trpc/private`,
    tokens.map((token) => `Authorization: Bearer ${token}`),
  )

const refusal = (message: string) => (error: unknown) =>
  error instanceof TRPCClientError &&
  error.message === message &&
  (error as TRPCClientError<AppRouter>).data?.code === 'UNAUTHORIZED'
