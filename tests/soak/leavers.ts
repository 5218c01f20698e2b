import { decodeJwt } from 'jose'

import { bareClient } from './clients.ts'
import { now, refusalOf } from './ledger.ts'
import { about, pick, untilOver, type World } from './world.ts'

const INVALID = 'UNAUTHORIZED: Invalid token'
const EXPIRED = 'UNAUTHORIZED: Token expired'
const NOT_AUTHORISED = 'UNAUTHORIZED: Not authorised'

interface Tokens {
  readonly token: string
  readonly refreshToken: string
}

/** The session of a token. */
export const sidOf = (token: string): string => String(decodeJwt(token)['sid'])

/** Signs somebody in who renews nothing by himself; undefined where an outage was in the way. */
export async function signIn({ ledger, servers }: World, name: string): Promise<Tokens | undefined> {
  const tokens = await ledger.honest('sign-ins', () => bareClient(pick(servers)).token.create.mutate({ name }))
  if (tokens) ledger.began(sidOf(tokens.token))
  else ledger.count('sign-ins that an outage left unanswered')
  return tokens
}

/** People who sign in, call all the while, and sign out, one after another; their tokens are tried again much later. */
export async function leavers(world: World, howMany: number): Promise<void> {
  const former: Tokens[] = []
  let born = 0
  const live = () => untilOver(world, 50, () => liveOnce(world, `leaver-${(born += 1)}`, former))
  await Promise.all([...Array.from({ length: howMany }, live), untilOver(world, 100, () => haunt(world, former))])
}

async function liveOnce(world: World, name: string, former: Tokens[]): Promise<void> {
  const { ledger } = world
  const tokens = await signIn(world, name)
  if (!tokens) return
  const end = { askedAt: Number.POSITIVE_INFINITY, answeredAt: Number.POSITIVE_INFINITY, seen: false }
  const callers = [0, 1, 2].map(async () => {
    while (!end.seen) await judge(world, tokens, end)
  })
  await about(400)
  end.askedAt = now()
  const left = await leave(world, tokens)
  end.answeredAt = now()
  ledger.count('revocations')
  ledger.ended(sidOf(tokens.token))
  await about(200)
  end.seen = true
  await Promise.all(callers)
  await haunt(world, [tokens])
  if (left) former.push(tokens)
}

/** One call with a token whose session ends about now: which answers are right depends on when it started and was answered. */
async function judge({ ledger, servers }: World, { token }: Tokens, end: { askedAt: number; answeredAt: number }) {
  const server = pick(servers)
  const since = now()
  let answer = 'accepted'
  try {
    await bareClient(server, token).whoami.query()
  } catch (error) {
    answer = refusalOf(error)
  }
  const isAfter = since > end.answeredAt
  if (answer === 'accepted') {
    if (isAfter) ledger.violation(`ACCEPTED by ${server.name} ${(since - end.answeredAt).toFixed(1)} ms after the end`)
    else ledger.count('calls accepted before a sign-out was answered')
  } else if (answer === INVALID) {
    if (isAfter) ledger.count('calls refused after a revocation')
    else if (now() < end.askedAt) ledger.violation(`${server.name} refused a token before its session ended`)
    else ledger.count('calls refused during a revocation')
  } else if (answer === EXPIRED) {
    if (Date.now() / 1_000 < Number(decodeJwt(token).exp))
      ledger.violation(`${server.name} found a token expired early`)
    else ledger.count('calls refused after a token had expired')
  } else if (!ledger.isExcused(answer, since)) ledger.violation(`${server.name} answered a leaver "${answer}"`)
}

/** Ends a session in one of the ways there are, and insists until that was answered. */
async function leave({ ledger, servers }: World, { token, refreshToken }: Tokens): Promise<true> {
  const client = bareClient(pick(servers), token)
  const way = pick([
    () => client.token.revoke.mutate(),
    () => client.leave.mutate(),
    () => client.leaveEverywhere.mutate(),
    () => bareClient(pick(servers)).token.revoke.mutate({ refreshToken }),
  ])
  try {
    await way()
    return true
  } catch (error) {
    if (refusalOf(error).startsWith('UNAUTHORIZED') && refusalOf(error) !== EXPIRED) {
      ledger.violation(`a user who wanted to leave was told "${refusalOf(error)}"`)
    }
  }
  for (;;) {
    const revoke = () => bareClient(pick(servers)).token.revoke.mutate({ refreshToken })
    if (await ledger.honest('revocations that had to be repeated', () => revoke().then(() => true))) return true
    await about(100)
  }
}

/** Tries the tokens of somebody who left, long ago perhaps, and through whatever restarts have been since. */
async function haunt({ ledger, servers }: World, former: readonly Tokens[]): Promise<void> {
  if (former.length === 0) return
  const { token, refreshToken } = pick(former)
  const client = bareClient(pick(servers), token)
  await ledger.refused('calls by users who had signed out, refused', [INVALID, EXPIRED], () => client.whoami.query())
  await ledger.refused('renewals by users who had signed out, refused', [NOT_AUTHORISED], () =>
    client.token.refresh.mutate({ refreshToken }),
  )
}
