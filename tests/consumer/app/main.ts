import assert from 'node:assert/strict'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { createClient, createOwnClient, createSessionClient, reasonFor } from './client.ts'
import { issuer, resource } from './key-pair.ts'
import { server as ownServer } from './own-context.ts'
import { trySchemas } from './schemas-client.ts'
import { server as schemaServer } from './schemas.ts'
import { jwt, server } from './server.ts'
import { jwt as sessionJwt, server as sessionServer, verifier as sessionVerifier } from './sessions.ts'
import { outcomes, reasonOf, serviceRouter, startUp, textFor, verifier } from './service.ts'
import { createSessionClient as createKeepingClient, roleOf, session, sidOf } from './session-client.ts'
import { demands, memory } from './stores.ts'

const listen = async (each: Server) => {
  await new Promise<void>((resolve) => each.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(each.address() as AddressInfo).port}`
}
const credentials = { email: 'ann@example.org', password: 'opensesame' }

const url = await listen(server)
const anyone = createClient(url)
const { token, category, expiresIn } = await anyone.token.create.mutate(credentials)
assert.deepEqual([category, expiresIn], ['Bearer', 900])
assert.equal(await createClient(url, token).private.query(), 'Your token worked, ann.')
assert.equal((await anyone.create.mutate(credentials)).category, 'Bearer')
assert.equal(await anyone.hello.query(), 'Anyone may call this.')
await assert.rejects(anyone.private.query(), { message: textFor('missing') })
await assert.rejects(createClient(url, `${token}A`).private.query(), { message: textFor('invalid') })
await assert.rejects(anyone.token.create.mutate({ ...credentials, password: 'guess' }), {
  message: textFor('not_authorised'),
})
const refused = await fetch(`${url}/private`)
assert.equal(refused.status, 401)
assert.equal(refused.headers.get('www-authenticate'), 'Bearer realm="trpc"')

const ownUrl = await listen(ownServer)
const ann = createOwnClient(ownUrl, token)
const [post] = await ann.posts.query()
assert.deepEqual(post, { title: 'Bearers', at: new Date(0), reader: 'writer' })
assert.equal((await ann.whoami.query())?.sub, 'ann')
assert.equal(await createOwnClient(ownUrl).whoami.query(), null)
await assert.rejects(ann.write.mutate(), (error) => reasonFor(error) === 'insufficient_scope')
await assert.rejects(createOwnClient(ownUrl).posts.query(), (error) => reasonFor(error) === 'missing')

await startUp()
const call = async (bearer: string) =>
  serviceRouter.createCaller(verifier.createContext({ headers: { authorization: `Bearer ${bearer}` } })).role()
assert.deepEqual(await call(token), { role: 'writer' })
await assert.rejects(
  call(await jwt.createAccessToken({ sub: 'ann', role: 'reader' }, { audience: 'another' })),
  (error) => reasonOf(error) === 'wrong_audience',
)
assert.equal((await verifier.verify(token)).sub, 'ann')
assert.deepEqual(
  outcomes.map(({ type }) => type),
  ['accepted', 'rejected', 'accepted'],
)

const signed = await issuer.createAccessToken({ sub: 'bob' })
assert.equal((await resource.verify(signed)).sub, 'bob')
await assert.rejects(resource.verify(token), (error) => reasonOf(error) === 'malformed')

const sessionUrl = await listen(sessionServer)
const first = await createSessionClient(sessionUrl).token.create.mutate({ name: 'ann' })
const second = await createSessionClient(sessionUrl).token.refresh.mutate({ refreshToken: first.refreshToken })
const renewed = createSessionClient(sessionUrl, second.token)
const sid = await renewed.sid.query()
assert.equal((await sessionVerifier.verify(second.token)).sid, sid)
await renewed.token.revoke.mutate()
await assert.rejects(renewed.sid.query(), { message: textFor('invalid') })
await assert.rejects(sessionVerifier.verify(second.token), (error) => reasonOf(error) === 'revoked')
await assert.rejects(renewed.token.refresh.mutate({ refreshToken: second.refreshToken }), {
  message: textFor('not_authorised'),
})
const another = await createSessionClient(sessionUrl).token.create.mutate({ name: 'ann' })
await sessionJwt.endSessions('ann')
await assert.rejects(sessionVerifier.verify(another.token), (error) => reasonOf(error) === 'revoked')
await Promise.all(demands.map(({ run }) => run(memory)))

const keeping = createKeepingClient(sessionUrl)
await keeping.token.create.mutate({ name: 'ann' })
assert.equal(roleOf(), 'writer')
assert.equal(typeof (await sidOf(sessionUrl)), 'string')
await keeping.token.revoke.mutate()
assert.equal(session.signedIn, false)
await assert.rejects(keeping.sid.query(), { message: textFor('missing') })

await trySchemas(await listen(schemaServer))

for (const each of [server, ownServer, sessionServer, schemaServer]) {
  each.closeAllConnections()
  each.close()
}
