import { createTRPCClient, wsLink } from '@trpc/client'
import { expect, test } from 'vitest'

import {
  ANN,
  BOB,
  createClientApi,
  serveClientApi,
  sleep,
  type ClientApiOptions,
  type ClientRouter,
} from '../support/client-api.ts'
import { unauthorized } from '../support/client-errors.ts'
import { countUp, follow, readWords } from '../support/follow.ts'
import { wsClientOf } from '../support/socket.ts'

async function start(options: ClientApiOptions = {}) {
  const api = createClientApi(options)
  const { address } = await serveClientApi(api)
  return { api, client: createTRPCClient<ClientRouter>({ links: [wsLink({ client: wsClientOf(address) })] }) }
}

test('signing in over an open socket opens it, and revoking closes it again', async () => {
  const { api, client } = await start()
  await expect(client.private.query()).rejects.toMatchObject(unauthorized('Authentication required'))
  await client.token.create.mutate(ANN)
  expect(await client.private.query()).toBe('Your token worked, ann.')
  await client.token.revoke.mutate()

  await expect(client.private.query()).rejects.toMatchObject(unauthorized('Authentication required'))
  expect([api.connections.opened, api.store.size]).toEqual([1, 0])
})

test('a refused sign-in leaves the socket what it was', async () => {
  const { client } = await start()
  await client.token.create.mutate(ANN)
  await expect(client.token.create.mutate({ name: 'bob', password: 'a guess' })).rejects.toMatchObject(
    unauthorized('Not authorised'),
  )

  expect(await client.private.query()).toBe('Your token worked, ann.')
})

test('a stream ends with the token of its socket, in a typed UNAUTHORIZED', async () => {
  const { client } = await start({ expiresIn: 2 })
  await client.token.create.mutate(ANN)
  const { numbers, errors } = follow(client)
  await expect.poll(() => errors, { timeout: 3_000 }).toEqual(['Token expired'])

  expect(numbers).toEqual(countUp(numbers))
})

test('renewing over the socket moves the end of its streams', { timeout: 10_000 }, async () => {
  const { client } = await start({ expiresIn: 2 })
  let { refreshToken } = await client.token.create.mutate(ANN)
  const { numbers, errors } = follow(client)
  for (let i = 0; i < 4; i += 1) {
    await sleep(900)
    ;({ refreshToken } = await client.token.refresh.mutate({ refreshToken }))
  }
  expect(errors).toEqual([])
  expect(numbers).toEqual(countUp(numbers))
  await expect.poll(() => errors, { timeout: 3_000 }).toEqual(['Token expired'])
})

test('token.revoke over the socket ends its streams at once', async () => {
  const { client } = await start()
  await client.token.create.mutate(ANN)
  const { errors, numbers } = follow(client)
  await expect.poll(() => numbers.length).toBeGreaterThan(2)
  await client.token.revoke.mutate()

  await expect.poll(() => errors, { timeout: 500 }).toEqual(['Invalid token'])
})

test.each(['bob', 'ann'])(
  'signing in anew as %s ends the streams of the sign-in before, and starts new ones',
  async (name) => {
    const { client } = await start()
    await client.token.create.mutate(ANN)
    const before = follow(client)
    await expect.poll(() => before.numbers.length).toBeGreaterThan(2)
    await client.token.create.mutate({ ...ANN, name })
    const after = follow(client)

    await expect.poll(() => before.errors, { timeout: 500 }).toEqual(['Invalid token'])
    await expect.poll(() => after.numbers.length).toBeGreaterThan(2)
    expect(after.errors).toEqual([])
  },
)

test('signing in anew before a slow stream has begun does not hand it to the next user', async () => {
  const { client } = await start()
  await client.token.create.mutate(ANN)
  const { words, errors } = readWords(client, 'lateStream')
  await sleep(100)
  await client.token.create.mutate(BOB)

  await expect.poll(() => errors, { timeout: 1_500 }).toEqual(['Invalid token'])
  expect(words).toEqual([])
})
