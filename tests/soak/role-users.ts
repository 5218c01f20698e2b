import { wsLink } from '@trpc/client'

import { openSocket } from './clients.ts'
import { now, refusalOf } from './ledger.ts'
import type { Server } from './servers.ts'
import { LIFETIME, roleAt, type Role } from './settings.ts'
import { signInUser, visit, type User } from './users.ts'
import type { World } from './world.ts'

/** How long a role that was taken away may be heard of at most, in milliseconds: as long as a token lasts, and some more. */
const LONGEST = (LIFETIME + 2) * 1_000
/** How long a subscription may be silent: it is taken up again once the tokens are renewed. */
const SILENCE = 10_000

/** A user whose role changes at renewals, and who listens as long as the role allows. */
export interface RoleUser {
  readonly user: User
  readonly stop: () => void
  readonly close: () => Promise<void>
}

/** Three users for each server, who call, renew and listen over one WebSocket. */
export const roleUsers = (world: World): Promise<RoleUser[]> =>
  Promise.all(world.servers.flatMap((server) => [0, 1, 2].map((n) => startRoleUser(world, server, n))))

async function startRoleUser(world: World, server: Server, n: number): Promise<RoleUser> {
  const sockets: ReturnType<typeof openSocket>[] = []
  const user = await signInUser(world, `role-${server.name}-${n}`, (session) => {
    const socket = openSocket(server, session.connectionParams)
    sockets.push(socket)
    return [session.socket(socket), wsLink({ client: socket })]
  })
  const stops = [follow(world, user, 'feed'), follow(world, user, 'desk')]
  void visit(world, user, 800)
  return {
    user,
    stop: () => stops.forEach((stop) => stop()),
    close: async () => void (await Promise.all(sockets.map((socket) => socket.close()))),
  }
}

/** Listens to what everybody may hear, or to what writers may hear. Each event says which role the server thinks that one has. */
function follow({ ledger, over }: World, { name, session, client }: User, what: 'feed' | 'desk'): () => void {
  let [heardAt, last, isListening] = [now(), undefined as Role | undefined, false]
  let subscription: { unsubscribe(): void } | undefined
  const role = () => session.claims?.['role'] as Role | undefined
  const isDue = () => what === 'feed' || role() === 'writer'
  const hadRole = (it: Role) => roleAt(name, Date.now()) === it || roleAt(name, Date.now() - LONGEST) === it

  function start(): void {
    ;[isListening, heardAt] = [true, now()]
    subscription = client[what].subscribe(undefined, {
      onData(heard) {
        if (heard !== role()) ledger.violation(`${name} heard the ${what} as ${heard}, and was ${role()}`)
        else if (!hadRole(heard)) ledger.violation(`${name} heard the ${what} as ${heard} much too late`)
        else ledger.count(`events of the ${what} under the role that the token says`)
        if (last !== undefined && last !== heard) ledger.count('subscriptions taken up again under another role')
        ;[last, heardAt] = [heard, now()]
      },
      onError(error) {
        isListening = false
        const refusal = refusalOf(error)
        if (refusal === 'FORBIDDEN: Writers only' && !isDue()) ledger.count('subscriptions that ended with their role')
        else if (!ledger.isExcusedToRenew(refusal, heardAt))
          ledger.violation(`${name}: the ${what} ended in "${refusal}"`)
      },
      onComplete() {
        if (isListening && !over.aborted) ledger.violation(`${name}: the ${what} came to an end`)
        isListening = false
      },
    })
  }

  const timer = setInterval(() => {
    if (!isListening && isDue()) start()
    if (!isListening || now() - heardAt < SILENCE) return
    if (
      !ledger.isExcusedToRenew('connection lost', heardAt) &&
      !ledger.isExcusedToRenew('SERVICE_UNAVAILABLE: Service unavailable', heardAt)
    )
      ledger.violation(`${name} has not heard the ${what} for ${SILENCE / 1_000} s`)
    heardAt = now()
  }, 250)
  return () => {
    clearInterval(timer)
    isListening = false
    subscription?.unsubscribe()
  }
}
