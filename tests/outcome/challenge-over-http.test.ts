import { beforeEach, expect, test } from 'vitest'

import { createApi, PASSWORD, serveApi } from '../support/api.ts'
import { mint } from '../support/mint.ts'
import { headerValues, sendRaw, type RawResponse } from '../support/raw.ts'
import { serveFetch } from '../support/serve.ts'

const LINE = `Authorization: Bearer ${mint()}`
const REALM = 'Bearer realm="trpc"'
const INVALID = 'Bearer realm="trpc", error="invalid_token"'
const EXPIRED = 'Bearer realm="trpc", error="invalid_token", error_description="The access token expired"'

let url: string
let fetchUrl: string

beforeEach(async () => {
  const api = createApi()
  url = await serveApi(api)
  fetchUrl = await serveFetch(api.appRouter, api.jwt)
})

const challenges = (response: RawResponse) => headerValues(response, 'www-authenticate')

/** The status, the challenges and the message of a response. */
const seen = (response: RawResponse) => ({
  status: response.status,
  challenge: challenges(response),
  message: /"message":"([^"]*)"/.exec(response.body)?.[1],
})

const malformed = { status: 401, challenge: [INVALID], message: 'Invalid token' }
const missing = { status: 401, challenge: [REALM], message: 'Authentication required' }

/** Calls through both adapters, which must answer alike. */
async function call(path: string, lines: readonly string[]) {
  const [node, fetched] = await Promise.all([sendRaw(`${url}/${path}`, lines), sendRaw(`${fetchUrl}/${path}`, lines)])
  expect(seen(fetched)).toEqual(seen(node))
  return node
}

const post = (path: string, body: object) =>
  sendRaw(`${url}/${path}`, [], { method: 'POST', body: JSON.stringify(body) })

test('every 401 has one challenge, with a realm and each parameter once', async () => {
  const expired = `Authorization: Bearer ${mint({ exp: 1 })}`
  const responses = await Promise.all([
    call('private', []),
    call('private', ['Authorization: Bearer']),
    call('private', [expired]),
    call('recent', [LINE]),
    sendRaw(`${url}/private,private,hello,recent?batch=1`, [expired]),
  ])
  const params = responses.flatMap(challenges).map((challenge) => challenge.match(/\w+(?==")/g) ?? [])

  expect(responses.map(challenges)).toEqual([
    [REALM],
    [INVALID],
    [EXPIRED],
    ['Bearer realm="trpc", error="insufficient_user_authentication", max_age="300"'],
    [EXPIRED],
  ])
  expect(params.map((names) => names.length - new Set(names).size)).toEqual([0, 0, 0, 0, 0])
})

test('a refused sign-in is a 401 with a challenge', async () => {
  const response = await post('token.create', { name: 'ann', password: 'guess' })

  expect(seen(response)).toEqual({ status: 401, challenge: [REALM], message: 'Not authorised' })
})

test('the challenge names no error if the request has no credentials', async () => {
  const sets = [[], ['Authorization:'], ['Authorization: Basic YTpi'], ['Cookie: a=b']]
  const responses = await Promise.all(sets.map((lines) => call('private', lines)))

  expect(responses.map(seen)).toEqual(sets.map(() => missing))
})

test('an invalid token is a 401 with invalid_token, a valid one without the scope a 403 with insufficient_scope', async () => {
  const scope = 'Bearer realm="trpc", error="insufficient_scope", scope="admin audit"'
  const forged = `Authorization: Bearer ${mint({}, { passphrase: 'another passphrase of thirty-two bytes' })}`

  expect(seen(await call('private', [forged]))).toEqual(malformed)
  expect(seen(await call('admin', [forged]))).toEqual(malformed)
  expect(seen(await call('admin', [LINE]))).toEqual({ status: 403, challenge: [scope], message: 'Insufficient scope' })
  expect((await call('admin', [`Authorization: Bearer ${mint({ scope: 'audit admin' })}`])).status).toBe(200)
})

test('responses of the token router have no-store, whether they succeed or fail, alone or in a batch', async () => {
  const good = { name: 'ann', password: PASSWORD }
  const stored = await Promise.all([
    post('token.create', good),
    post('token.create', { ...good, password: 'guess' }),
    post('token.create', {}),
    post('token.create,token.create?batch=1', { 0: good, 1: {} }),
    call('hello', []),
  ])

  expect(stored.map((response) => [response.status, headerValues(response, 'cache-control')])).toEqual([
    [200, ['no-store']],
    [401, ['no-store']],
    [400, ['no-store']],
    [207, ['no-store']],
    [200, []],
  ])
})
