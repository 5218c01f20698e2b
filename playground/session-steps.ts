import assert from 'node:assert/strict'
import { setTimeout } from 'node:timers/promises'

import type { Guide } from './guide.ts'
import { ann, bob } from './people.ts'

const NO_ERROR = 'Bearer realm="trpc"'
const INVALID = 'Bearer realm="trpc", error="invalid_token"'

/** Renews a session, ends it because a refresh token is reused, and signs out of another one. */
export async function takeSessionSteps(guide: Guide): Promise<void> {
  await reuseRefreshToken(guide)
  await signOut(guide)
}

async function reuseRefreshToken({ say, answered, refused, clientWith }: Guide): Promise<void> {
  const stranger = clientWith()
  const notAuthorised = { status: 401, code: 'UNAUTHORIZED', reason: 'not_authorised', challenge: NO_ERROR } as const
  const invalid = { status: 401, code: 'UNAUTHORIZED', reason: 'invalid', challenge: INVALID } as const

  say('Ann signs in again. She gets an access token, and a refresh token that renews it.')
  const first = await answered(stranger.token.create.mutate(ann))

  say('She renews her tokens. A refresh token can be used once, so she also gets the next one.')
  const second = await answered(stranger.token.refresh.mutate({ refreshToken: first.refreshToken }))
  const me = await answered(clientWith(second.token).me.query())
  assert.equal(me.name, 'Ann')

  say(
    'Somebody uses the old refresh token after the grace period. It may be a thief, or Ann after a thief: the server cannot know.',
  )
  await setTimeout(1_100)
  await refused(stranger.token.refresh.mutate({ refreshToken: first.refreshToken }), notAuthorised)

  say('So the server ends the session. All its tokens are rejected from now on, although they have not expired.')
  await refused(stranger.token.refresh.mutate({ refreshToken: second.refreshToken }), notAuthorised)
  await refused(clientWith(second.token).me.query(), invalid)
}

async function signOut({ say, answered, refused, clientWith }: Guide): Promise<void> {
  const invalid = { status: 401, code: 'UNAUTHORIZED', reason: 'invalid', challenge: INVALID } as const

  say('Bob signs in once more.')
  const { token } = await answered(clientWith().token.create.mutate(bob))
  const client = clientWith(token)

  say('He signs out. His token is rejected from the next call on.')
  await answered(client.token.revoke.mutate())
  await refused(client.me.query(), invalid)
}
