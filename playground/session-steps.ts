import assert from 'node:assert/strict'
import { setTimeout } from 'node:timers/promises'

import type { Guide } from './guide.ts'
import { ann, bob } from './people.ts'

const NO_ERROR = 'Bearer realm="trpc"'
const INVALID = 'Bearer realm="trpc", error="invalid_token"'

/** Renews a session, loses it to a thief, and ends another. */
export async function takeSessionSteps(guide: Guide): Promise<void> {
  await reuseRefreshToken(guide)
  await signOut(guide)
}

async function reuseRefreshToken({ say, answered, refused, clientWith }: Guide): Promise<void> {
  const stranger = clientWith()
  const notAuthorised = { status: 401, code: 'UNAUTHORIZED', reason: 'not_authorised', challenge: NO_ERROR } as const
  const invalid = { status: 401, code: 'UNAUTHORIZED', reason: 'invalid', challenge: INVALID } as const

  say('Ann signs in again. Beside the token she gets one that renews it.')
  const first = await answered(stranger.token.create.mutate(ann))

  say('She renews. Each refresh token is good once: she gets the next one.')
  const second = await answered(stranger.token.refresh.mutate({ refreshToken: first.refreshToken }))
  const me = await answered(clientWith(second.token).me.query())
  assert.equal(me.name, 'Ann')

  say(
    'Somebody uses the former one, when the grace for lost answers is over. A thief, or Ann after a thief: nobody can tell.',
  )
  await setTimeout(1_100)
  await refused(stranger.token.refresh.mutate({ refreshToken: first.refreshToken }), notAuthorised)

  say('So the session is over for both, and its tokens with it, whenever they would have expired.')
  await refused(stranger.token.refresh.mutate({ refreshToken: second.refreshToken }), notAuthorised)
  await refused(clientWith(second.token).me.query(), invalid)
}

async function signOut({ say, answered, refused, clientWith }: Guide): Promise<void> {
  const invalid = { status: 401, code: 'UNAUTHORIZED', reason: 'invalid', challenge: INVALID } as const

  say('Bob signs in once more.')
  const { token } = await answered(clientWith().token.create.mutate(bob))
  const client = clientWith(token)

  say('And out. His token is refused from the very next call on.')
  await answered(client.token.revoke.mutate())
  await refused(client.me.query(), invalid)
}
