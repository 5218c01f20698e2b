import { createTRPCClient, type TRPCLink } from '@trpc/client'
import { createSession, type Session } from 'trpc-jwt-trivial/client'

import { anyServer, witness } from './clients.ts'
import type { SoakRouter } from './server.ts'
import { about, untilOver, type World } from './world.ts'

/** Somebody who signs in once, and must stay signed in until the end. */
export type User = Awaited<ReturnType<typeof signInUser>>

/** Signs a user in whose client renews by itself. */
export async function signInUser(
  world: World,
  name: string,
  via: (session: Session) => TRPCLink<SoakRouter>[] = (session) => [anyServer(world, session)],
) {
  const { ledger } = world
  const session = createSession()
  let leaving = false
  const link = witness(world, name, () => leaving)
  const client = createTRPCClient<SoakRouter>({ links: [session.link(), link, ...via(session)] })
  await ledger.honest('sign-ins', () => client.token.create.mutate({ name }))
  const sid = String(session.claims?.['sid'])
  ledger.began(sid)
  session.subscribe(() => {
    if (!session.signedIn && !leaving) ledger.violation(`${name} was signed out`)
  })
  return {
    name,
    session,
    client,
    async signOut(): Promise<void> {
      leaving = true
      const answer = await ledger.honest('final sign-outs', () => client.token.revoke.mutate().then(() => true))
      if (answer) ledger.ended(sid)
    },
  }
}

/** Calls on and on: one call, or three at once. */
export const visit = (world: World, { name, client }: User, pause: number): Promise<void> =>
  untilOver(world, pause, async () => {
    const calls = Math.random() < 0.3 ? 3 : 1
    await Promise.all(Array.from({ length: calls }, () => ask(world, name, client.whoami.query)))
  })

async function ask({ ledger }: World, name: string, whoami: () => Promise<string | undefined>): Promise<void> {
  const answer = await ledger.honest('calls of users who stay signed in', () => whoami(), true)
  if (answer !== undefined && answer !== name) ledger.violation(`${name} was taken for ${answer}`)
}

/** Users who call all servers in turn, and are renewed by any of them. */
export async function regulars(world: World, howMany: number): Promise<User[]> {
  const users = await Promise.all(Array.from({ length: howMany }, (_, i) => signInUser(world, `regular-${i}`)))
  for (const user of users) void about(500).then(() => visit(world, user, 300))
  return users
}
