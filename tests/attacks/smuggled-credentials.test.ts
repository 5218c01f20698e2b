import { initTRPC } from '@trpc/server'
import { createJwtVerifier, type BearerContext } from 'trpc-jwt-trivial'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { createApi, PASSWORD, serveApi } from '../support/api.ts'
import { mint, mintText } from '../support/mint.ts'
import { headerValues, sendRaw, type RawResponse } from '../support/raw.ts'
import { serve, serveFetch } from '../support/serve.ts'

const TOKEN = mint()
const LINE = `Authorization: Bearer ${TOKEN}`
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

afterEach(() => {
  vi.restoreAllMocks()
})

const challenges = (response: RawResponse) => headerValues(response, 'www-authenticate')

/** What a refused call shows on the wire, and nothing more. */
const seen = (response: RawResponse) => ({
  status: response.status,
  challenge: challenges(response),
  message: /"message":"([^"]*)"/.exec(response.body)?.[1],
})

const malformed = { status: 401, challenge: [INVALID], message: 'Invalid token' }
const missing = { status: 401, challenge: [REALM], message: 'Authentication required' }

/** Both adapters must answer alike. */
async function call(path: string, lines: readonly string[]) {
  const [node, fetched] = await Promise.all([sendRaw(`${url}/${path}`, lines), sendRaw(`${fetchUrl}/${path}`, lines)])
  expect(seen(fetched)).toEqual(seen(node))
  return node
}

const post = (path: string, body: object) =>
  sendRaw(`${url}/${path}`, [], { method: 'POST', body: JSON.stringify(body) })

/** Calls `private` once for each set of header lines. */
const answers = (sets: readonly (readonly string[])[]) =>
  Promise.all(sets.map(async (lines) => [lines, seen(await call('private', lines))]))

const all = (sets: readonly (readonly string[])[], answer: object) => sets.map((lines) => [lines, answer])

test('A1 the scheme is Bearer in any letter case', async () => {
  const schemes = ['Bearer', 'bearer', 'BEARER', 'bEARER']
  const responses = await Promise.all(schemes.map((scheme) => call('private', [`Authorization: ${scheme} ${TOKEN}`])))

  expect(responses.map(({ status, body }) => [status, body])).toEqual(
    schemes.map(() => [200, '{"result":{"data":"Your token worked, ann."}}']),
  )
})

test('A1 another scheme is no credentials, even with a good token behind it', async () => {
  const schemes = ['Basic', 'Digest', 'DPoP', 'Token', 'JWT', 'Bearers', 'XBearer', 'Bearer2', 'Bearer-']
  const sets = [...schemes.map((scheme) => [`Authorization: ${scheme} ${TOKEN}`]), [`Authorization: ${TOKEN}`]]

  expect(await answers(sets)).toEqual(all(sets, missing))
})

test('A3 what is not one token of JWT letters is refused', async () => {
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

test('A4 repeated credentials are refused: joined by a comma, or in header lines of any letter case', async () => {
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

test('A5 a token in the query, the body, a cookie or the connectionParams of a request is not read', async () => {
  const connectionParams = encodeURIComponent(JSON.stringify({ authorization: `Bearer ${TOKEN}` }))
  const queries = [`access_token=${TOKEN}`, `token=${TOKEN}`, `authorization=Bearer%20${TOKEN}`]
  const calls = await Promise.all([
    ...queries.map((query) => call(`private?${query}`, [])),
    call(`private?connectionParams=${connectionParams}`, []),
    call('private', [`Cookie: access_token=${TOKEN}; token=${TOKEN}; authorization=Bearer ${TOKEN}`]),
    call('private', [`Proxy-Authorization: Bearer ${TOKEN}`, `X-Authorization: Bearer ${TOKEN}`]),
  ])
  const posted = await post('write', { access_token: TOKEN, authorization: `Bearer ${TOKEN}` })

  expect(calls.map(seen)).toEqual(calls.map(() => missing))
  expect(seen(posted)).toEqual(missing)
})

test('A5 a token in the URL does not stand in for one in the header, nor beside it', async () => {
  expect(seen(await call(`private?access_token=${TOKEN}`, ['Authorization: Bearer x']))).toEqual(malformed)
  expect((await call('private?access_token=x', [LINE])).status).toBe(200)
})

test('A6 every 401 carries one challenge, with a realm, and each parameter once', async () => {
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

test('A6 a sign-in that is refused is a 401 too, and carries one', async () => {
  const response = await post('token.create', { name: 'ann', password: 'guess' })

  expect(seen(response)).toEqual({ status: 401, challenge: [REALM], message: 'Not authorised' })
})

test('A7 no error code is sent where no credentials came', async () => {
  const sets = [[], ['Authorization:'], ['Authorization: Basic YTpi'], ['Cookie: a=b']]

  expect(await answers(sets)).toEqual(all(sets, missing))
})

test('A8 a bad token is invalid_token with 401; a good one without the scope is insufficient_scope with 403', async () => {
  const scope = 'Bearer realm="trpc", error="insufficient_scope", scope="admin audit"'
  const forged = `Authorization: Bearer ${mint({}, { passphrase: 'another passphrase of thirty-two bytes' })}`

  expect(seen(await call('private', [forged]))).toEqual(malformed)
  expect(seen(await call('admin', [forged]))).toEqual(malformed)
  expect(seen(await call('admin', [LINE]))).toEqual({ status: 403, challenge: [scope], message: 'Insufficient scope' })
  expect((await call('admin', [`Authorization: Bearer ${mint({ scope: 'audit admin' })}`])).status).toBe(200)
})

test('A9 nothing of a request is reflected, into no header and no body', async () => {
  const marks = ['x-MARK-x', `${TOKEN}MARK`, 'a", error="MARK', 'MARK\u00a0', '%0d%0aSet-Cookie:%20MARK=1']
  const claims = { iss: 'MARK', aud: 'MARK', scope: 'MARK', sub: 'MARK', exp: 1 }
  const lines = [...marks, mint(claims), mint({ ...claims, exp: undefined })].map((t) => `Authorization: Bearer ${t}`)
  const responses = await Promise.all(
    [...lines, 'Authorization: MARK x', 'Authorization: Bearer MARK, Bearer MARK'].map((line) => call('admin', [line])),
  )
  const scoped = await call('admin', [`Authorization: Bearer ${mint({ scope: 'MARK' })}`])

  expect([...responses, scoped].filter(({ headers, body }) => `${headers.join()}${body}`.includes('MARK'))).toEqual([])
  expect(responses.map(({ status }) => status)).toEqual(responses.map(() => 401))
  expect(responses.flatMap(challenges).filter((challenge) => ![REALM, INVALID, EXPIRED].includes(challenge))).toEqual(
    [],
  )
})

test('A10 nothing is percent-decoded', async () => {
  const encoded = [TOKEN.replaceAll('.', '%2E'), TOKEN.replace('e', '%65'), `${TOKEN}%20`, `%20${TOKEN}`, `${TOKEN}%00`]
  const sets = encoded.map((token) => [`Authorization: Bearer ${token}`])

  expect(await answers(sets)).toEqual(all(sets, malformed))
  expect(seen(await call('private', [`Authorization: Bearer%20${TOKEN}`]))).toEqual(missing)
})

test('A11 a token over 8 KiB is refused, though well signed, and one of 8 KiB is taken', async () => {
  const fits = mint({ filler: 'x'.repeat(6021) })
  const tooLong = mint({ filler: 'x'.repeat(6024) })

  expect([fits.length, tooLong.length]).toEqual([8192, 8196])
  expect((await call('private', [`Authorization: Bearer ${fits}`])).status).toBe(200)
  expect(seen(await call('private', [`Authorization: Bearer ${tooLong}`]))).toEqual(malformed)
})

test('A11 four megabytes are refused as malformed before anything is decoded', async () => {
  const { jwt } = createApi()
  const token = mint({ filler: 'x'.repeat(3_000_000) })
  const parse = vi.spyOn(JSON, 'parse')
  const verify = vi.spyOn(crypto.subtle, 'verify')
  const { bearer } = jwt.createContext({ req: { headers: { authorization: `Bearer ${token}` } } })

  expect([bearer.status, bearer.token]).toEqual(['malformed', undefined])
  await expect(jwt.verify(token)).rejects.toMatchObject({ code: 'UNAUTHORIZED', cause: { reason: 'malformed' } })
  expect([parse.mock.calls.length, verify.mock.calls.length]).toEqual([0, 0])
  await jwt.verify(TOKEN)
  expect(parse).toHaveBeenCalled()
  expect(verify).toHaveBeenCalledOnce()
})

const megabytes = (text: string) => text.repeat((4 * 2 ** 20) / text.length)

test('A11 four megabytes of whatever cost less than five milliseconds', () => {
  const { jwt } = createApi()
  const values = ['Bearer ', 'Bearer', 'x', ' ', ', ', 'Basic , ', ',bearer'].map(megabytes)
  values.push(`Bearer ${megabytes('a')}`, `Basic ${megabytes(' ')}`, `Basic ${megabytes('YQ==')}`)
  const quickest = (authorization: string) =>
    Math.min(
      ...Array.from({ length: 5 }, () => {
        const started = performance.now()
        jwt.createContext({ req: { headers: { authorization } } })
        jwt.createContext({ req: { headers: {} }, info: { url: null, connectionParams: { authorization } } })
        return performance.now() - started
      }),
    )

  for (const value of values) expect(quickest(value)).toBeLessThan(5)
})

test('A12 answers of the token router are not to be stored, refused or not, batched or not', async () => {
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

test('A13 where authentication is optional, none is fine and a bad header is refused', async () => {
  const bad = ['Bearer', 'Bearer x', `Bearer ${TOKEN} y`, `Bearer ${mint({ nbf: 4e9 })}`, `Bearer ${TOKEN}x`]
  const responses = await Promise.all(bad.map((value) => call('optional', [`Authorization: ${value}`])))
  const expired = await call('optional', [`Authorization: Bearer ${mint({ exp: 1 })}`])

  expect(responses.map(seen)).toEqual(bad.map(() => malformed))
  expect(seen(expired)).toMatchObject({ status: 401, message: 'Token expired' })
  expect((await call('optional', [])).body).toBe('{"result":{"data":null}}')
  expect((await call('optional', [LINE])).body).toBe('{"result":{"data":"ann"}}')
})

test('A13 where the keys cannot be had, an optional procedure is 503 for a token, and open without one', async () => {
  const jwt = createJwtVerifier({
    jwks: 'http://127.0.0.1:9/jwks.json',
    algorithms: ['RS256'],
    issuer: 'https://id.example',
    audience: 'api',
  })
  const t = initTRPC.context<BearerContext>().create()
  const keyless = await serve(t.router({ optional: jwt.protect({ optional: true }).query(({ ctx }) => ctx.jwt) }), jwt)
  const token = mintText('{"alg":"RS256","kid":"k"}', '{}')
  const response = await sendRaw(`${keyless}/optional`, [`Authorization: Bearer ${token}`])

  expect(seen(response)).toEqual({ status: 503, challenge: [], message: 'Service unavailable' })
  expect((await sendRaw(`${keyless}/optional`)).status).toBe(200)
})
