import assert from 'node:assert/strict'
import { setTimeout } from 'node:timers/promises'

import type { Guide } from './guide.ts'
import { jwt } from './jwt.ts'
import { takeLiveSteps } from './live-steps.ts'
import { ann, bob } from './people.ts'
import { takeSessionSteps } from './session-steps.ts'

const NO_ERROR = 'Bearer realm="trpc"'
const INVALID = 'Bearer realm="trpc", error="invalid_token"'
const EXPIRED = `${INVALID}, error_description="The access token expired"`
const SCOPE_LACKS = 'Bearer realm="trpc", error="insufficient_scope", scope="notes:write"'

/** Walks through the notes API, from a call without a token to a stolen one. Rejects at the first step with another result. */
export async function takeSteps(guide: Guide): Promise<void> {
  await comeWithoutToken(guide)
  await failToSignIn(guide)
  const annsToken = await signIn(guide)
  await readAndWrite(guide, annsToken)
  const bobsToken = await lackScope(guide)
  await forgeToken(guide, bobsToken)
  await comeTooLate(guide)
  await takeLiveSteps(guide)
  await takeSessionSteps(guide)
}

async function comeWithoutToken({ say, answered, refused, clientWith }: Guide): Promise<void> {
  const stranger = clientWith()

  say('A public procedure: everybody may ask how many notes there are.')
  const status = await answered(stranger.status.query())
  assert.equal(status.notes, 1)

  say('A protected procedure needs a token. The challenge contains no `error`, because no credentials were sent.')
  const missing = { status: 401, code: 'UNAUTHORIZED', reason: 'missing', challenge: NO_ERROR } as const
  await refused(stranger.me.query(), missing)
}

async function failToSignIn({ say, refused, clientWith }: Guide): Promise<void> {
  const stranger = clientWith()
  const notAuthorised = { status: 401, code: 'UNAUTHORIZED', reason: 'not_authorised', challenge: NO_ERROR } as const

  say('A wrong password gets no token.')
  await refused(stranger.token.create.mutate({ ...ann, password: 'coffee at noon' }), notAuthorised)

  say('An unknown address gets the same answer, in the same time: it tells nobody who has an account.')
  await refused(stranger.token.create.mutate({ ...ann, email: 'eve@example.org' }), notAuthorised)
}

async function signIn({ say, answered, clientWith }: Guide): Promise<string> {
  say('Ann signs in, and gets a token for 15 minutes. `no-store` forbids caches to keep it.')
  const { token, category, expiresIn } = await answered(clientWith().token.create.mutate(ann))
  assert.deepEqual({ category, expiresIn }, { category: 'Bearer', expiresIn: 900 })
  return token
}

async function readAndWrite({ say, answered, clientWith }: Guide, token: string): Promise<void> {
  const client = clientWith(token)

  say('Her token is accepted. `ctx.jwt` has its claims, verified and typed.')
  const me = await answered(client.me.query())
  assert.deepEqual(me, { id: 'u1', name: 'Ann', scopes: ['notes:read', 'notes:write'] })

  say('She may write a note. The author comes from her token, not from her input.')
  const { id } = await answered(client.notes.write.mutate({ title: 'Tea', text: 'At four, as ever.' }))

  say('She reads the note.')
  const note = await answered(client.notes.read.query({ id }))
  assert.deepEqual([note.title, note.author], ['Tea', 'Ann'])
}

async function lackScope({ say, answered, refused, clientWith }: Guide): Promise<string> {
  say('Bob signs in.')
  const { token } = await answered(clientWith().token.create.mutate(bob))
  const client = clientWith(token)

  say('He may read the notes.')
  const list = await answered(client.notes.list.query())
  assert.deepEqual(
    list.map(({ title }) => title),
    ['Welcome', 'Tea'],
  )

  say('He may not write: his token is valid, but it lacks a scope. The status is 403, not 401.')
  const lacks = { status: 403, code: 'FORBIDDEN', reason: 'insufficient_scope', challenge: SCOPE_LACKS } as const
  await refused(client.notes.write.mutate({ title: 'Dogs', text: 'Are best.' }), lacks)
  return token
}

async function forgeToken({ say, refused, clientWith }: Guide, token: string): Promise<void> {
  const forged = withClaims(token, { scope: 'notes:read notes:write' })

  say(
    'He writes the scope into his token himself. The old signature does not fit the new claims, so the token is rejected.',
  )
  const invalid = { status: 401, code: 'UNAUTHORIZED', reason: 'invalid', challenge: INVALID } as const
  await refused(clientWith(forged).notes.write.mutate({ title: 'Dogs', text: 'Are best.' }), invalid)
}

async function comeTooLate({ say, refused, mixed, clientWith, batchingClientWith }: Guide): Promise<void> {
  const token = await createExpiredToken()

  say('A token with a lifetime of one second, used after that second.')
  const expired = { status: 401, code: 'UNAUTHORIZED', reason: 'expired', challenge: EXPIRED } as const
  await refused(clientWith(token).me.query(), expired)

  say('Three calls in one request, with that token. Each call gets its own answer, and the status is 207.')
  const client = batchingClientWith(token)
  const outcomes = await mixed([client.status.query(), client.me.query(), client.notes.list.query()], EXPIRED)
  assert.deepEqual(outcomes, [{ notes: 2 }, 'expired', 'expired'])
}

/** The server issues a real token, and time passes. No clock is set back. */
async function createExpiredToken(): Promise<string> {
  const token = await jwt.createAccessToken({ sub: 'u1', name: 'Ann', scope: 'notes:read' }, { expiresIn: '1s' })
  await setTimeout(1_100)
  return token
}

/** Changes the claims of a token, which everybody can do. The signature stays, because a new one needs the passphrase. */
function withClaims(token: string, changes: object): string {
  const [header, payload = '', signature] = token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
  return [header, Buffer.from(JSON.stringify({ ...claims, ...changes })).toString('base64url'), signature].join('.')
}
