import { createTRPCClient, httpBatchLink, httpBatchStreamLink, httpLink } from '@trpc/client'
import { expect, test } from 'vitest'

import { PASSWORD } from './api.ts'
import { createAdapterApi, type AdapterApi, type Endpoint, type Fetch, type ServeAdapter } from './endpoint.ts'
import { mint } from './mint.ts'
import { headerValues, sendRaw } from './raw.ts'

type Router = AdapterApi['trpc']['router']

const FORGED = mint({}, { passphrase: 'another passphrase, as long and as good as the right one is 64B!' })
const INVALID = { status: 401, challenge: 'Bearer realm="trpc", error="invalid_token"', message: 'Invalid token' }
const MISSING = { status: 401, challenge: 'Bearer realm="trpc"', message: 'Authentication required' }

/** Every behaviour that an HTTP adapter must keep, through whatever `serve` puts in front of the API. */
export function testBearersOver(serve: ServeAdapter): void {
  const start = async () => {
    const api = createAdapterApi()
    return { ...api, endpoint: await serve(api) }
  }

  test('issues a token that nobody may store, and accepts it', async () => {
    const { endpoint } = await start()
    const issue = await request(endpoint, '/token.create', credentials(PASSWORD))
    const { result } = (await issue.json()) as { result: { data: { token: string } } }
    const client = clientOf(endpoint, { authorization: `Bearer ${result.data.token}` })

    expect(result.data).toEqual({ token: expect.any(String), category: 'Bearer', expiresIn: 900 })
    expect(issue.headers.get('cache-control')).toBe('no-store')
    expect(await client.private.query()).toBe('Your token worked, ann.')
  })

  test('issues no token for wrong credentials, and says that to no store either', async () => {
    const { endpoint, reasons } = await start()
    const refused = await request(endpoint, '/token.create', credentials('a guess'))

    expect(refused.headers.get('cache-control')).toBe('no-store')
    expect(await refusalIn(refused)).toEqual({ ...MISSING, message: 'Not authorised' })
    expect(reasons).toEqual(['not_authorised'])
  })

  test('takes the header name and the scheme in any letter case', async () => {
    const { endpoint } = await start()
    const clients = [{ AUTHORIZATION: `bearer ${mint()}` }, { Authorization: `BEARER ${mint()}` }]

    expect(await Promise.all(clients.map((headers) => clientOf(endpoint, headers).private.query()))).toEqual([
      'Your token worked, ann.',
      'Your token worked, ann.',
    ])
  })

  test('refuses a call without credentials, with a challenge that names no error', async () => {
    const { endpoint, reasons } = await start()

    expect(await refusalOf(endpoint, {})).toEqual(MISSING)
    expect(reasons).toEqual(['missing'])
  })

  test('refuses a malformed token and a forged one alike, and tells the server why', async () => {
    const { endpoint, reasons } = await start()

    expect(await refusalOf(endpoint, { authorization: 'Bearer' })).toEqual(INVALID)
    expect(await refusalOf(endpoint, { authorization: `Bearer ${mint()} x` })).toEqual(INVALID)
    expect(await refusalOf(endpoint, { authorization: `Bearer ${FORGED}` })).toEqual(INVALID)
    expect(reasons).toEqual(['malformed', 'malformed', 'bad_signature'])
  })

  test('refuses a token of too little scope with 403 and the scope that is needed', async () => {
    const { endpoint } = await start()
    const response = await request(endpoint, '/admin', { headers: { authorization: `Bearer ${mint()}` } })

    expect(await refusalIn(response)).toEqual({
      status: 403,
      challenge: 'Bearer realm="trpc", error="insufficient_scope", scope="admin audit"',
      message: 'Insufficient scope',
    })
  })

  test('answers a batch of a public and a refused call with 207, each with its own result', async () => {
    const { endpoint } = await start()
    const heads: Pick<Response, 'status' | 'headers'>[] = []
    const fetchAndLook: Fetch = async (input, init) => {
      const response = await (endpoint.fetch ?? fetch)(input, init as RequestInit)
      heads.push(response)
      return response
    }
    const links = [httpBatchLink({ url: endpoint.url, fetch: fetchAndLook })]
    const client = createTRPCClient<Router>({ links })
    const [hello, refused] = await Promise.allSettled([client.hello.query(), client.private.query()])

    expect(hello).toEqual({ status: 'fulfilled', value: 'Anyone may call this.' })
    expect(refused).toMatchObject({ reason: { message: MISSING.message, data: { code: 'UNAUTHORIZED' } } })
    expect(heads.map(({ status, headers }) => [status, headers.get('www-authenticate')])).toEqual([
      [207, MISSING.challenge],
    ])
  })

  test('opens a stream to a good token, and refuses inside it without a challenge', async () => {
    const { endpoint } = await start()
    const open = await request(endpoint, '/watch', { headers: { authorization: `Bearer ${mint()}` } })
    const refused = await request(endpoint, '/watch')

    expect(await open.text()).toContain('data: "Watching, ann."')
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([200, null])
    expect(await refused.text()).toMatch(/event: serialized-error\ndata: .*"message":"Authentication required"/)
  })

  test('rejects two credentials joined by a comma, equal or not', async () => {
    const { endpoint, reasons } = await start()
    const [ann, bob] = [`Bearer ${mint()}`, `Bearer ${mint({ sub: 'bob' })}`]

    expect(await refusalOf(endpoint, { authorization: `${ann}, ${bob}` })).toEqual(INVALID)
    expect(await refusalOf(endpoint, { authorization: `${ann},${ann}` })).toEqual(INVALID)
    expect(await refusalOf(endpoint, { authorization: `Basic YTpi, ${ann}` })).toEqual(INVALID)
    expect(reasons).toEqual(['malformed', 'malformed', 'malformed'])
  })

  test('never reads a token from a query, a body, a cookie, another header or connectionParams', async () => {
    const { endpoint, reasons } = await start()
    const token = mint()
    const params = new URLSearchParams({
      access_token: token,
      token,
      authorization: `Bearer ${token}`,
      connectionParams: JSON.stringify({ authorization: `Bearer ${token}` }),
    })
    const cookie = `token=${token}; access_token=${token}; authorization=Bearer ${token}`
    const input = { access_token: token, authorization: `Bearer ${token}` }
    const refused = await request(endpoint, `/private?${params}`, { headers: { cookie } })
    const inBody = await request(endpoint, `/change?${params}`, { ...post(input), headers: { ...JSON_TYPE, cookie } })
    const others = { cookie: `Bearer ${token}`, 'proxy-authorization': `Bearer ${token}`, 'x-access-token': token }
    const stream = await request(endpoint, `/watch?${params}`, { headers: others })

    expect(await refusalIn(refused)).toEqual(MISSING)
    expect(await refusalIn(inBody)).toEqual(MISSING)
    expect(await stream.text()).toContain('"message":"Authentication required"')
    expect(reasons).toEqual(['missing', 'missing', 'missing'])
  })

  test('uses only the header if connectionParams of an HTTP request name another token', async () => {
    const { endpoint } = await start()
    const connectionParams = JSON.stringify({ authorization: `Bearer ${mint({ sub: 'bob' })}` })
    const stream = await request(endpoint, `/watch?${new URLSearchParams({ connectionParams })}`, {
      headers: { authorization: `Bearer ${mint()}` },
    })

    expect(await stream.text()).toContain('data: "Watching, ann."')
  })
}

/** For adapters that stream batches: tRPC's own HTTP/2 one sends a `transfer-encoding`, which HTTP/2 forbids. */
export function testStreamedBatchesOver(serve: ServeAdapter): void {
  test('refuses in a streamed batch without a challenge: its head is sent before', async () => {
    const endpoint = await serve(createAdapterApi())
    const client = createTRPCClient<Router>({ links: [httpBatchStreamLink({ ...endpoint })] })
    const [hello, refused] = await Promise.allSettled([client.hello.query(), client.private.query()])
    const response = await request(endpoint, '/private?batch=1', { headers: { 'trpc-accept': 'application/jsonl' } })

    expect(hello).toEqual({ status: 'fulfilled', value: 'Anyone may call this.' })
    expect(refused).toMatchObject({ reason: { message: MISSING.message, data: { code: 'UNAUTHORIZED' } } })
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([200, null])
    expect(await response.text()).toContain('"UNAUTHORIZED"')
  })
}

/** For adapters over Node's HTTP/1, which keeps the first of two `Authorization` lines and drops the second. */
export function testRepeatedLinesOver(serve: ServeAdapter): void {
  test('rejects two Authorization header lines, equal or not, of one scheme or two', async () => {
    const api = createAdapterApi()
    const { url } = await serve(api)
    const [ann, bob] = [`Authorization: Bearer ${mint()}`, `AUTHORIZATION: Bearer ${mint({ sub: 'bob' })}`]
    const answers = [
      await sendRaw(`${url}/private`, [ann]),
      await sendRaw(`${url}/private`, [ann, bob]),
      await sendRaw(`${url}/private`, [ann, ann]),
      await sendRaw(`${url}/private`, [ann, 'Authorization: Basic YTpi']),
      await sendRaw(`${url}/private`, ['Authorization: Basic YTpi', ann]),
    ]

    expect(answers.map(({ status }) => status)).toEqual([200, 401, 401, 401, 401])
    expect(answers.slice(1).map((answer) => headerValues(answer, 'www-authenticate'))).toEqual(
      Array.from({ length: 4 }, () => [INVALID.challenge]),
    )
    expect(api.reasons).toEqual(['malformed', 'malformed', 'malformed', 'malformed'])
  })
}

const JSON_TYPE = { 'content-type': 'application/json' }

const post = (input: unknown) => ({ method: 'POST', headers: JSON_TYPE, body: JSON.stringify(input) })

const credentials = (password: string) => post({ name: 'ann', password })

const clientOf = (endpoint: Endpoint, headers: Record<string, string>) =>
  createTRPCClient<Router>({ links: [httpLink({ ...endpoint, headers })] })

const request = ({ url, ...endpoint }: Endpoint, path: string, init: RequestInit = {}): Promise<Response> =>
  (endpoint.fetch ?? fetch)(`${url}${path}`, init)

const refusalOf = async (endpoint: Endpoint, headers: Record<string, string>) =>
  refusalIn(await request(endpoint, '/private', { headers }))

async function refusalIn(response: Response) {
  const { error } = (await response.json()) as { error: { message: string } }
  return { status: response.status, challenge: response.headers.get('www-authenticate'), message: error.message }
}
