import { beforeEach, expect, test } from 'vitest'

import { createApi, serveApi } from '../support/api.ts'
import { mint } from '../support/mint.ts'
import { headerValues, sendRaw, type RawResponse } from '../support/raw.ts'
import { serveFetch } from '../support/serve.ts'

const TOKEN = mint()
const LINE = `Authorization: Bearer ${TOKEN}`
const REALM = 'Bearer realm="trpc"'
const INVALID = 'Bearer realm="trpc", error="invalid_token"'

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

/** Calls `private` once for each set of header lines. */
const answers = (sets: readonly (readonly string[])[]) =>
  Promise.all(sets.map(async (lines) => [lines, seen(await call('private', lines))]))

const all = (sets: readonly (readonly string[])[], answer: object) => sets.map((lines) => [lines, answer])

test('the scheme Bearer is accepted in any letter case', async () => {
  const schemes = ['Bearer', 'bearer', 'BEARER', 'bEARER']
  const responses = await Promise.all(schemes.map((scheme) => call('private', [`Authorization: ${scheme} ${TOKEN}`])))

  expect(responses.map(({ status, body }) => [status, body])).toEqual(
    schemes.map(() => [200, '{"result":{"data":"Your token worked, ann."}}']),
  )
})

test('a valid token after another scheme does not count as credentials', async () => {
  const schemes = ['Basic', 'Digest', 'DPoP', 'Token', 'JWT', 'Bearers', 'XBearer', 'Bearer2', 'Bearer-']
  const sets = [...schemes.map((scheme) => [`Authorization: ${scheme} ${TOKEN}`]), [`Authorization: ${TOKEN}`]]

  expect(await answers(sets)).toEqual(all(sets, missing))
})

test('a Bearer value that is not one token of base64url characters and dots is rejected', async () => {
  const sets = [
    `Bearer ${TOKEN} ${TOKEN}`,
    `Bearer "${TOKEN}"`,
    `Bearer '${TOKEN}'`,
    `Bearer ${TOKEN},`,
    `Bearer ,${TOKEN}`,
    `Bearer ${TOKEN};`,
    `Bearer token="${TOKEN}"`,
    `Bearer ${TOKEN}, realm="trpc"`,
    `Bearer\u00a0${TOKEN}`,
    `Bearer \u00a0${TOKEN}`,
    `Bearer ${TOKEN}\u00a0x`,
    `Bearer\t${TOKEN}`,
    `Bearer ${TOKEN.replace('eyJ', 'ｅｙＪ')}`,
    `Bearer ${TOKEN.replaceAll('.', '。')}`,
    `Bearer ${TOKEN}=`,
    `Bearer ${TOKEN}+/`,
    'Bearer',
    'Bearer null',
    'Bearer undefined',
    'Bearer [object Object]',
    'Bearer {}',
    'Bearer ..',
  ].map((value) => [`Authorization: ${value}`])

  expect(await answers(sets)).toEqual(all(sets, malformed))
})

test('repeated credentials are rejected, joined by a comma or in header lines of any letter case', async () => {
  const sets = [
    [`${LINE}, Bearer ${TOKEN}`],
    [`${LINE},Bearer ${TOKEN}`],
    [`Authorization: Basic YTpi, Bearer ${TOKEN}`],
    [LINE, LINE],
    [LINE, 'authorization: Bearer x'],
    [LINE, 'AUTHORIZATION: Basic YTpi'],
    ['Authorization: Basic YTpi', LINE],
    [LINE, 'Accept: */*', LINE],
  ]

  expect(await answers(sets)).toEqual(all(sets, malformed))
})

test('a token in the query, the body, a cookie, another header or the connectionParams of an HTTP request is not read', async () => {
  const connectionParams = encodeURIComponent(JSON.stringify({ authorization: `Bearer ${TOKEN}` }))
  const queries = [`access_token=${TOKEN}`, `token=${TOKEN}`, `authorization=Bearer%20${TOKEN}`]
  const calls = await Promise.all([
    ...queries.map((query) => call(`private?${query}`, [])),
    call(`private?connectionParams=${connectionParams}`, []),
    call('private', [`Cookie: access_token=${TOKEN}; token=${TOKEN}; authorization=Bearer ${TOKEN}`]),
    call('private', [`Proxy-Authorization: Bearer ${TOKEN}`, `X-Authorization: Bearer ${TOKEN}`]),
  ])
  const posted = await sendRaw(`${url}/write`, [], {
    method: 'POST',
    body: JSON.stringify({ access_token: TOKEN, authorization: `Bearer ${TOKEN}` }),
  })

  expect(calls.map(seen)).toEqual(calls.map(() => missing))
  expect(seen(posted)).toEqual(missing)
})

test('a token in the URL neither replaces nor affects the one in the header', async () => {
  expect(seen(await call(`private?access_token=${TOKEN}`, ['Authorization: Bearer x']))).toEqual(malformed)
  expect((await call('private?access_token=x', [LINE])).status).toBe(200)
})

test('percent-encoding is not decoded', async () => {
  const encoded = [TOKEN.replaceAll('.', '%2E'), TOKEN.replace('e', '%65'), `${TOKEN}%20`, `%20${TOKEN}`, `${TOKEN}%00`]
  const sets = encoded.map((token) => [`Authorization: Bearer ${token}`])

  expect(await answers(sets)).toEqual(all(sets, malformed))
  expect(seen(await call('private', [`Authorization: Bearer%20${TOKEN}`]))).toEqual(missing)
})

test('an optional procedure rejects a bad Authorization header instead of ignoring it', async () => {
  const bad = ['Bearer', 'Bearer x', `Bearer ${TOKEN} y`, `Bearer ${mint({ nbf: 4e9 })}`, `Bearer ${TOKEN}x`]
  const responses = await Promise.all(bad.map((value) => call('optional', [`Authorization: ${value}`])))
  const expired = await call('optional', [`Authorization: Bearer ${mint({ exp: 1 })}`])

  expect(responses.map(seen)).toEqual(bad.map(() => malformed))
  expect(seen(expired)).toMatchObject({ status: 401, message: 'Token expired' })
  expect((await call('optional', [])).body).toBe('{"result":{"data":null}}')
  expect((await call('optional', [LINE])).body).toBe('{"result":{"data":"ann"}}')
})
