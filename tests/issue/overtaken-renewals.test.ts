import { describe, expect, test } from 'vitest'

import { holdAnswer, reasonOf, serveSignIns, whoIs } from '../support/sign-ins.ts'

const ANN = { name: 'ann' }
const BOB = { name: 'bob' }
const WRITER = { sub: 'ann', role: 'writer' }
const READER = { sub: 'ann', role: 'reader' }

/** Two renewals of one session over its socket, between which Ann becomes a reader. The first one waits for its answer. */
async function renewTwice() {
  const claims: Record<string, Record<string, unknown>> = { ann: WRITER }
  const api = await serveSignIns({ claims })
  const client = api.openSocket()
  const { refreshToken } = await client.token.create.mutate(ANN)
  const { release, asked } = holdAnswer(api.store, 'rotate')
  const older = client.token.refresh.mutate({ refreshToken })
  await asked()
  claims['ann'] = READER
  await client.token.refresh.mutate({ refreshToken })
  return { api, client, older, release }
}

describe('of two renewals of one session over its socket', () => {
  test('the one that began later keeps its claims, though the older one is answered later', async () => {
    const { api, client, older, release } = await renewTwice()
    expect(await client.me.query()).toMatchObject(READER)
    release()
    const { token } = await older

    expect(await client.me.query()).toMatchObject(READER)
    expect(await api.openSocket(token).me.query()).toMatchObject(WRITER)
  })

  test('the older one sets its token where the later one was refused', async () => {
    const claims: Record<string, Record<string, unknown>> = { ann: WRITER }
    const api = await serveSignIns({ claims })
    const client = api.openSocket()
    const { refreshToken } = await client.token.create.mutate(ANN)
    const { release, asked } = holdAnswer(api.store, 'rotate')
    claims['ann'] = READER
    const older = client.token.refresh.mutate({ refreshToken })
    await asked()
    expect(await reasonOf(client.token.refresh.mutate({ refreshToken: 'garbage' }))).toBe('not_authorised')
    release()
    await older

    expect(await client.me.query()).toMatchObject(READER)
  })
})

test('a renewal that fills a socket without a bearer outlasts a token.revoke that began before and is answered later', async () => {
  const api = await serveSignIns()
  const other = api.openSocket()
  const [ann, bob] = [await other.token.create.mutate(ANN), await other.token.create.mutate(BOB)]
  const client = api.openSocket()
  const { release, asked } = holdAnswer(api.store, 'end')
  const revocation = client.token.revoke.mutate({ refreshToken: ann.refreshToken })
  await asked()
  await client.token.refresh.mutate({ refreshToken: bob.refreshToken })
  expect(await whoIs(client)).toBe('bob')
  release()
  await revocation

  expect(await whoIs(client)).toBe('bob')
  expect(await reasonOf(api.openSocket(ann.token).me.query())).toBe('invalid')
})
