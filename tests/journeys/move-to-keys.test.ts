import type { IncomingMessage, RequestListener } from 'node:http'

import { createTRPCClient, httpBatchLink } from '@trpc/client'
import { createSession } from 'trpc-jwt-trivial/client'
import { describe, expect, test } from 'vitest'

import { createFleet, createUsers, deploy, SESSION, startServer, TOKEN, type FleetRouter } from '../support/fleet.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'
import { createSigner } from '../support/signer.ts'

const signer = await createSigner('2026')

/** As in the guide: the header of the token, unverified. It only says which of the two apps is to decide. */
const headerOf = ({ headers }: IncomingMessage): string =>
  Buffer.from(headers.authorization?.split(/[ .]/)[1] ?? '', 'base64url').toString()

/** The deployments of the guide: before it, its three steps. */
function createSteps(
  fleet: ReturnType<typeof createFleet>,
): Record<'before' | 'accept' | 'sign' | 'after', RequestListener> {
  const byPassphrase = deploy(fleet, { passphrase: PASSPHRASE })
  const byKey = deploy(fleet, { privateKey: signer.privateJwk })
  return {
    before: byPassphrase,
    accept: (req, res) => (headerOf(req).includes('"kid"') ? byKey : byPassphrase)(req, res),
    sign: (req, res) => (headerOf(req).includes('"HS') ? byPassphrase : byKey)(req, res),
    after: byKey,
  }
}

const startAll = (...listeners: RequestListener[]) => Promise.all(listeners.map(startServer))

/** A session that began by passphrase, on a server that is at the second step by now. */
async function signedInBeforeTheMove() {
  const fleet = createFleet()
  const { before, sign } = createSteps(fleet)
  let deployed = before
  const [server] = await startAll((req, res) => deployed(req, res))
  const session = createSession()
  const trpc = createTRPCClient<FleetRouter>({
    links: [session.link(), httpBatchLink({ url: String(server?.url), headers: session.headers })],
  })
  await trpc.token.create.mutate()
  deployed = sign
  return { fleet, server, session, trpc }
}

describe('the move from a passphrase to a key, in three steps on two servers', () => {
  test('logs nobody out, in whatever order the servers follow', async () => {
    const fleet = createFleet()
    const users = createUsers(fleet)
    const { before, accept, sign, after } = createSteps(fleet)
    const phases: [one: RequestListener, other: RequestListener, seconds: number][] = [
      [before, before, 60],
      [before, accept, 60],
      [accept, accept, 60],
      [sign, accept, 60],
      [sign, sign, SESSION - 120],
      [sign, sign, 120],
      [after, sign, 60],
      [after, after, 60],
    ]
    const counts: number[] = []
    for (const [one, other, seconds] of phases) {
      await users.visit(await startAll(one, other))
      counts.push(users.count)
      fleet.clock.now += seconds
    }
    expect(counts).toEqual([2, 4, 6, 8, 10, 6, 4, 6])
  })

  test('issues by key from its second step on', async () => {
    const { accept, sign, after } = createSteps(createFleet())
    const algorithms = (await startAll(accept, sign, after)).map(async (server) => {
      const { token } = await server.signIn()
      return headerOf({ headers: { authorization: `Bearer ${token}` } } as IncomingMessage)
    })
    expect((await Promise.all(algorithms)).map((header) => (JSON.parse(header) as { alg: string }).alg)).toEqual([
      'HS256',
      'ES256',
      'ES256',
    ])
  })

  test('serves createSession through it, which renews with its former token in the header', async () => {
    const { fleet, session, trpc } = await signedInBeforeTheMove()
    expect(await trpc.whoami.query()).toBe('ann')
    fleet.clock.now += TOKEN
    expect(await trpc.whoami.query()).toBe('ann')
    expect(session.signedIn).toBe(true)
  })

  test('serves createSession through it, which ends a session of the passphrase with its token in the header', async () => {
    const { server, session, trpc } = await signedInBeforeTheMove()
    const token = (await session.headers()).authorization?.slice('Bearer '.length)
    expect(await server?.whoami(String(token))).toBe('ann')
    await trpc.token.revoke.mutate()
    expect(session.signedIn).toBe(false)
    expect(await server?.whoami(String(token))).toBe('Invalid token')
  })
})

describe('what the guide says does not work', () => {
  test('a renewal without an access token, once sign-ins are by key, is refused', async () => {
    const { before, sign } = createSteps(createFleet())
    const [old, next] = await startAll(before, sign)
    const held = await old?.signIn()
    await expect(next?.refresh(String(held?.refreshToken))).rejects.toThrow('Not authorised')
  })

  test('a cut-over without the steps refuses every token of the passphrase', async () => {
    const { before, after } = createSteps(createFleet())
    const [old, next] = await startAll(before, after)
    const held = await old?.signIn()
    expect(await next?.whoami(String(held?.token))).toBe('Invalid token')
  })
})

describe('a header that lies', () => {
  test.each([
    ['of a shared secret, signed with the text of the public key', { alg: 'HS256' }],
    ['of a key and a shared secret at once', { alg: 'HS256', kid: '2026' }],
    ['of no algorithm', { alg: 'none', kid: '2026' }],
  ])('%s, is refused in each step', async (_what, header) => {
    const { before, accept, sign, after } = createSteps(createFleet())
    const forged = mint({ sid: 'any' }, { header, passphrase: JSON.stringify(signer.publicJwk) })
    for (const server of await startAll(before, accept, sign, after)) {
      expect(await server.whoami(forged)).toBe('Invalid token')
    }
  })

  test('sends a good token to the app that does not know its key, and is refused', async () => {
    const { accept, sign } = createSteps(createFleet())
    const token = mint({ sid: 'any' }, { header: { kid: '2026' } })
    const byKey = await signer.sign({ iss: undefined, aud: undefined, sid: 'any' }, { note: '"HS' })
    const [accepting, signing] = await startAll(accept, sign)
    expect(await accepting?.whoami(token)).toBe('Invalid token')
    expect(await signing?.whoami(byKey)).toBe('Invalid token')
  })
})
