import assert from 'node:assert/strict'

import { createTRPCClient, httpSubscriptionLink, TRPCClientError } from '@trpc/client'
import { EventSource } from 'eventsource'

import type { AppRouter } from './app.ts'
import type { Guide } from './guide.ts'
import { jwt } from './jwt.ts'
import { printReceived, printSent, shorten } from './print.ts'

/** Watches the notes until the token expires. */
export async function takeLiveSteps({ say, url }: Guide): Promise<void> {
  const claims = { sub: 'u2', name: 'Bob', scope: 'notes:read' }
  const token = await jwt.createAccessToken(claims, { expiresIn: '2s' })

  say(
    'Bob watches the notes live, with a token that expires after two seconds. The stream ends when the token expires.',
  )
  printSent(['GET /notes.watch', `Authorization: ${shorten(`Bearer ${token}`)}`])
  const { titles, refusal } = await watch(url, token)
  printReceived(
    titles.map((title) => `event: ${title}`),
    true,
  )
  printReceived([refusal], false)
  assert.deepEqual(titles, ['Welcome', 'Tea'])
  assert.equal(refusal, 'UNAUTHORIZED: Token expired')
}

/** The events of a stream, and the error that ended it. */
function watch(url: string, token: string): Promise<{ titles: string[]; refusal: string }> {
  const authorised: typeof fetch = (address, init) => {
    const headers = new Headers(init?.headers)
    headers.set('authorization', `Bearer ${token}`)
    return fetch(address, { ...init, headers })
  }
  const eventSourceOptions = { fetch: authorised }
  const client = createTRPCClient<AppRouter>({
    links: [httpSubscriptionLink({ url, EventSource, eventSourceOptions })],
  })
  const titles: string[] = []
  return new Promise((resolve) => {
    client.notes.watch.subscribe(
      {},
      {
        onData: ({ data }) => titles.push(data.title),
        onError: (error) =>
          resolve({
            titles,
            refusal: error instanceof TRPCClientError ? `${error.data?.code}: ${error.message}` : String(error),
          }),
      },
    )
  })
}
