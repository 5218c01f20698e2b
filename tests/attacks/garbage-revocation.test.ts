import { expect, test, vi } from 'vitest'

import { mint } from '../support/mint.ts'
import { sendRaw } from '../support/raw.ts'
import { serveSessionApi } from '../support/session-api.ts'

const post = (body: object) => ({ method: 'POST', body: JSON.stringify(body) })

test('revoking garbage 10,000 times does not change the store', async () => {
  const { signIn, visit, url, store } = await serveSessionApi()
  const { token } = await signIn()
  const garbage = ['', 'x', 'a.b.c', mint({ sid: 'x' }, { passphrase: 'another passphrase of thirty-two bytes' })]
  const bodies = Array.from({ length: 20 }, (_, batch) =>
    Object.fromEntries(Array.from({ length: 500 }, (_call, i) => [i, { refreshToken: `${garbage[i % 4]}${batch}` }])),
  )
  const paths = Array.from({ length: 500 }, () => 'token.revoke').join(',')
  const responses = bodies.map((body) => sendRaw(`${url}/${paths}?batch=1`, [], post(body)))

  expect(new Set((await Promise.all(responses)).map(({ body }) => body))).toEqual(
    new Set([JSON.stringify(Array.from({ length: 500 }, () => ({ result: {} })))]),
  )
  expect(store.size).toBe(1)
  expect(await visit(token)).toBe('ann is a reader')
})

test('revoking garbage does not call the store', async () => {
  const { revoke, store } = await serveSessionApi()
  const end = vi.spyOn(store, 'end')
  await revoke('garbage', 'garbage')
  await revoke(mint({ sid: undefined }))

  expect(end).not.toHaveBeenCalled()
})
