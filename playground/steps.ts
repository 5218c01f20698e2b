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

/** Walks through the notes API, from a stranger to a thief. Rejects at the first step that does not go as told. */
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

  say('Anyone may ask how many notes there are.')
  const status = await answered(stranger.status.query())
  assert.equal(status.notes, 1)

  say('Who you are takes a token. The challenge names no error: nothing was wrong, something was missing.')
  const missing = { status: 401, code: 'UNAUTHORIZED', reason: 'missing', challenge: NO_ERROR } as const
  await refused(stranger.me.query(), missing)
}

async function failToSignIn({ say, refused, clientWith }: Guide): Promise<void> {
  const stranger = clientWith()
  const notAuthorised = { status: 401, code: 'UNAUTHORIZED', reason: 'not_authorised', challenge: NO_ERROR } as const

  say('A wrong password is refused.')
  await refused(stranger.token.create.mutate({ ...ann, password: 'coffee at noon' }), notAuthorised)

  say('So is somebody unknown, in the same words and as slowly: nobody learns who has an account.')
  await refused(stranger.token.create.mutate({ ...ann, email: 'eve@example.org' }), notAuthorised)
}

async function signIn({ say, answered, clientWith }: Guide): Promise<string> {
  say('Ann signs in, and gets a token for 15 minutes. No cache may keep it.')
  const { token, category, expiresIn } = await answered(clientWith().token.create.mutate(ann))
  assert.deepEqual({ category, expiresIn }, { category: 'Bearer', expiresIn: 900 })
  return token
}

async function readAndWrite({ say, answered, clientWith }: Guide, token: string): Promise<void> {
  const client = clientWith(token)

  say('With it she is let in: `ctx.jwt` has the claims, checked and typed.')
  const me = await answered(client.me.query())
  assert.deepEqual(me, { id: 'u1', name: 'Ann', scopes: ['notes:read', 'notes:write'] })

  say('She may write. The author is what her token says, not what she says.')
  const { id } = await answered(client.notes.write.mutate({ title: 'Tea', text: 'At four, as ever.' }))

  say('And read it again.')
  const note = await answered(client.notes.read.query({ id }))
  assert.deepEqual([note.title, note.author], ['Tea', 'Ann'])
}

async function lackScope({ say, answered, refused, clientWith }: Guide): Promise<string> {
  say('Bob signs in.')
  const { token } = await answered(clientWith().token.create.mutate(bob))
  const client = clientWith(token)

  say('He may read.')
  const list = await answered(client.notes.list.query())
  assert.deepEqual(
    list.map(({ title }) => title),
    ['Welcome', 'Tea'],
  )

  say('He may not write: his token is good, and lacks a scope. That is 403, not 401.')
  const lacks = { status: 403, code: 'FORBIDDEN', reason: 'insufficient_scope', challenge: SCOPE_LACKS } as const
  await refused(client.notes.write.mutate({ title: 'Dogs', text: 'Are best.' }), lacks)
  return token
}

async function forgeToken({ say, refused, clientWith }: Guide, token: string): Promise<void> {
  const forged = withClaims(token, { scope: 'notes:read notes:write' })

  say('He writes the scope into his token himself. It ends in the old signature, which does not fit the new claims.')
  const invalid = { status: 401, code: 'UNAUTHORIZED', reason: 'invalid', challenge: INVALID } as const
  await refused(clientWith(forged).notes.write.mutate({ title: 'Dogs', text: 'Are best.' }), invalid)
}

async function comeTooLate({ say, refused, mixed, clientWith, batchingClientWith }: Guide): Promise<void> {
  const token = await createExpiredToken()

  say('A token that was made to live for a second, a second later.')
  const expired = { status: 401, code: 'UNAUTHORIZED', reason: 'expired', challenge: EXPIRED } as const
  await refused(clientWith(token).me.query(), expired)

  say('Three calls in one request, with that token. Each gets its own answer: 207.')
  const client = batchingClientWith(token)
  const outcomes = await mixed([client.status.query(), client.me.query(), client.notes.list.query()], EXPIRED)
  assert.deepEqual(outcomes, [{ notes: 2 }, 'expired', 'expired'])
}

/** No clock is turned back: the server issues it, and time passes. */
async function createExpiredToken(): Promise<string> {
  const token = await jwt.createAccessToken({ sub: 'u1', name: 'Ann', scope: 'notes:read' }, { expiresIn: '1s' })
  await setTimeout(1_100)
  return token
}

/** Changes the claims of a token, as anybody can; and leaves the signature, as everybody must who has no passphrase. */
function withClaims(token: string, changes: object): string {
  const [header, payload = '', signature] = token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
  return [header, Buffer.from(JSON.stringify({ ...claims, ...changes })).toString('base64url'), signature].join('.')
}
