import { decodeJwt } from 'jose'

import { mint } from '../support/mint.ts'
import { bareClient, overSocket } from './clients.ts'
import { signInUser, type User } from './users.ts'
import { pick, untilOver, type World } from './world.ts'

const INVALID = 'UNAUTHORIZED: Invalid token'
const EXPIRED = 'UNAUTHORIZED: Token expired'

type Forge = (token: string) => string

const parts = (token: string): [string, string, string] => token.split('.') as [string, string, string]
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Signed as the app itself signs, with some claims otherwise. */
const resigned =
  (claims: Record<string, unknown>): Forge =>
  (token) =>
    mint({ ...decodeJwt(token), ...claims })

/** Another signature than the right one: its first character is another. */
const flipped: Forge = (token) => {
  const [header, payload, signature] = parts(token)
  return [header, payload, (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1)].join('.')
}

const past = () => Math.floor(Date.now() / 1_000) - 10

/** What nobody signed who may. */
const BROKEN: readonly [name: string, forge: Forge][] = [
  ['flipped signature', flipped],
  ['alg none', (token) => `${encoded({ alg: 'none', typ: 'at+jwt' })}.${parts(token)[1]}.`],
  ['alg none, signature kept', (token) => [encoded({ alg: 'none' }), ...parts(token).slice(1)].join('.')],
  ['another subject', (token) => withPayload(token, { sub: 'root' })],
  ['a later end', (token) => withPayload(token, { exp: Number(decodeJwt(token).exp) + 3_600 })],
  ['another passphrase', (token) => mint(decodeJwt(token), { passphrase: 'guess'.repeat(13) })],
  ['another algorithm, signature kept', (token) => [encoded({ alg: 'HS512' }), ...parts(token).slice(1)].join('.')],
]

/** What the right passphrase signed, but not for this. */
const MISUSED: readonly [name: string, forge: Forge][] = [
  ['expired', (token) => resigned({ iat: past() - 3, exp: past() })(token)],
  ['another audience', resigned({ aud: 'https://other.example.org' })],
  ['no audience', resigned({ aud: undefined })],
  ['another issuer', resigned({ iss: 'https://other.example.org' })],
  ['no session', resigned({ sid: undefined })],
  ['an unknown session', resigned({ sid: 'A'.repeat(22) })],
  ['no end', resigned({ exp: undefined })],
  ['of the type of a refresh token', (token) => mint(decodeJwt(token), { header: { typ: 'rt+jwt' } })],
]

const withPayload = (token: string, claims: Record<string, unknown>): string => {
  const [header, , signature] = parts(token)
  return [header, encoded({ ...decodeJwt(token), ...claims }), signature].join('.')
}

/** People who try what they make of a good user's tokens, which must go on to be good. */
export async function forgers(world: World, howMany: number): Promise<User[]> {
  const victims = await Promise.all(Array.from({ length: howMany }, (_, i) => signInUser(world, `victim-${i}`)))
  for (const victim of victims) void untilOver(world, 100, () => forgeOnce(world, victim))
  return victims
}

async function forgeOnce({ ledger, servers }: World, { client, session, name }: User): Promise<void> {
  const answer = await ledger.honest('calls of users whose tokens are forged', () => client.whoami.query(), true)
  if (answer !== undefined && answer !== name) ledger.violation(`${name} was taken for ${answer}`)
  const token = (await session.headers()).authorization?.slice('Bearer '.length)
  if (token === undefined) return
  const isMisused = Math.random() < 0.5
  const [kind, forge] = pick(isMisused ? MISUSED : BROKEN)
  const [server, forged] = [pick(servers), forge(token)]
  // the good token may have ended just now, and with it what was made of it
  const texts = isMisused ? [INVALID, EXPIRED] : [INVALID]
  if (Math.random() < 0.2) {
    await ledger.refused(`forged over WebSocket: ${kind}`, texts, () =>
      overSocket(server, forged, (socket) => socket.whoami.query()),
    )
  } else await ledger.refused(`forged: ${kind}`, texts, () => bareClient(server, forged).whoami.query())
  await ledger.refused('renewals with forged tokens, refused', ['UNAUTHORIZED: Not authorised'], () =>
    bareClient(server).token.refresh.mutate({ refreshToken: pick([forged, token, flipped(token)]) }),
  )
}
