import { expect, test } from 'vitest'

import { PASSWORD } from './api.ts'
import { unauthorized } from './client-errors.ts'
import { createAdapterApi, type ServeAdapter } from './endpoint.ts'
import { mint } from './mint.ts'
import { call, converse, openSocket, params, socketClient, type SocketOptions } from './socket.ts'

const [ANN, BOB] = [`Bearer ${mint()}`, `Bearer ${mint({ sub: 'bob' })}`]
const FORGED = `Bearer ${mint({}, { passphrase: 'another passphrase, as long and as good as the right one is 64B!' })}`

const [MISSING, INVALID] = [unauthorized('Authentication required'), unauthorized('Invalid token')]

/** Every behaviour that a WebSocket adapter must keep: its context is made once, when a connection opens. */
export function testBearersOverSocket(serve: ServeAdapter): void {
  const start = async () => {
    const api = createAdapterApi()
    const { url } = await serve(api)
    const address = url.replace('http:', 'ws:')
    return { ...api, address, clientWith: (options: SocketOptions) => socketClient(address, options) }
  }

  test('accepts the token of connectionParams, for calls and streams', async () => {
    const { clientWith } = await start()
    const client = clientWith({ connectionParams: { authorization: ANN } })

    expect(await client.private.query()).toBe('Your token worked, ann.')
    expect(await firstOf(client)).toBe('Watching, ann.')
  })

  test('accepts the token of the handshake header, as servers and apps send it', async () => {
    const { clientWith } = await start()

    expect(await clientWith({ headers: { Authorization: ANN } }).private.query()).toBe('Your token worked, ann.')
  })

  test('issues a token, and refuses wrong credentials', async () => {
    const { clientWith, reasons } = await start()
    const client = clientWith({})
    const issued = await client.token.create.mutate({ name: 'ann', password: PASSWORD })
    const connectionParams = { authorization: `Bearer ${issued.token}` }

    expect(issued).toEqual({ token: expect.any(String), category: 'Bearer', expiresIn: 900 })
    expect(await clientWith({ connectionParams }).private.query()).toBe('Your token worked, ann.')
    await expect(client.token.create.mutate({ name: 'ann', password: 'a guess' })).rejects.toMatchObject(
      unauthorized('Not authorised'),
    )
    expect(reasons).toEqual(['not_authorised'])
  })

  test('refuses missing, malformed and forged tokens by a typed error, on a connection that goes on', async () => {
    const { clientWith, reasons } = await start()
    const missing = clientWith({})
    const malformed = clientWith({ connectionParams: { authorization: 'Bearer' } })
    const forged = clientWith({ connectionParams: { authorization: FORGED } })

    await expect(missing.private.query()).rejects.toMatchObject(MISSING)
    await expect(malformed.private.query()).rejects.toMatchObject(INVALID)
    await expect(forged.private.query()).rejects.toMatchObject(INVALID)
    await expect(firstOf(forged)).rejects.toMatchObject(INVALID)
    expect(reasons).toEqual(['missing', 'malformed', 'bad_signature', 'bad_signature'])
    expect(await forged.hello.query()).toBe('Anyone may call this.')
  })

  test('gives each call of a batch its own result', async () => {
    const { address } = await start()
    const batch = `[${call(1, 'hello')},${call(2, 'private')}]`

    expect(byId(await converse(address, [batch], 2))).toMatchObject({
      1: { result: { data: 'Anyone may call this.' } },
      2: { error: MISSING },
    })
  })

  test('rejects two Authorization lines in the handshake, equal or not', async () => {
    const { clientWith, reasons } = await start()

    await expect(clientWith({ headers: { Authorization: [ANN, BOB] } }).private.query()).rejects.toMatchObject(INVALID)
    await expect(clientWith({ headers: { Authorization: [ANN, ANN] } }).private.query()).rejects.toMatchObject(INVALID)
    expect(reasons).toEqual(['malformed', 'malformed'])
  })

  test('rejects two credentials in connectionParams: joined by a comma, or under names in two letter cases', async () => {
    const { clientWith, reasons } = await start()
    const joined = clientWith({ connectionParams: { authorization: `${ANN}, ${BOB}` } })
    const twice = clientWith({ connectionParams: { authorization: ANN, Authorization: ANN } })

    await expect(joined.private.query()).rejects.toMatchObject(INVALID)
    await expect(twice.private.query()).rejects.toMatchObject(INVALID)
    expect(reasons).toEqual(['malformed', 'malformed'])
  })

  test('never reads a token from the URL, a cookie or another name in connectionParams', async () => {
    const { address, reasons } = await start()
    const query = new URLSearchParams({ authorization: ANN, token: ANN.slice(7), access_token: ANN.slice(7) })
    const connectionParams = { token: ANN, access_token: ANN, cookie: `authorization=${ANN}` }
    const headers = { cookie: `token=${ANN.slice(7)}; authorization=${ANN}` }
    const client = socketClient(`${address}?${query}`, { connectionParams, headers })

    await expect(client.private.query()).rejects.toMatchObject(MISSING)
    expect(reasons).toEqual(['missing'])
  })

  test('never reads a token from connectionParams in the URL', async () => {
    const { address, reasons } = await start()
    const query = new URLSearchParams({ connectionParams: JSON.stringify({ authorization: ANN }) })

    await expect(socketClient(`${address}?${query}`).private.query()).rejects.toMatchObject(MISSING)
    expect(reasons).toEqual(['missing'])
  })

  test('rejects a header and connectionParams that differ, whichever of them is valid', async () => {
    const { clientWith, reasons } = await start()
    const pairs: [string, string][] = [
      [ANN, BOB],
      [ANN, FORGED],
      [FORGED, ANN],
      [ANN, 'Basic YTpi'],
    ]
    const calls = pairs.map(([Authorization, authorization]) =>
      clientWith({ headers: { Authorization }, connectionParams: { authorization } }).private.query(),
    )

    expect(await Promise.allSettled(calls)).toMatchObject(pairs.map(() => ({ status: 'rejected', reason: INVALID })))
    expect(reasons).toEqual(pairs.map(() => 'malformed'))
  })

  test('accepts a header and connectionParams that are equal', async () => {
    const { clientWith } = await start()
    const client = clientWith({ headers: { Authorization: ANN }, connectionParams: { authorization: ANN } })

    expect(await client.private.query()).toBe('Your token worked, ann.')
  })

  test.each([
    ['null', params(null)],
    ['an empty object', params({})],
    ['a __proto__ of text', `{"method":"connectionParams","data":{"__proto__":"${ANN}"}}`],
    ['a constructor of text', params({ constructor: ANN })],
    ['1 MB of another name', params({ other: 'a'.repeat(2 ** 20) })],
  ])('treats a client with %s as connectionParams as one without credentials', async (_what, frame) => {
    const { address, clientWith } = await start()
    const frames = [frame, call(1, 'hello'), call(2, 'private')]

    expect(byId(await converse(`${address}?connectionParams=1`, frames, 2))).toMatchObject({
      1: { result: { data: 'Anyone may call this.' } },
      2: { error: MISSING },
    })
    expect(await nextClient(clientWith)).toBe('Your token worked, ann.')
  })

  test('rejects a token of 1 MB as malformed, and still serves public procedures', async () => {
    const { address, clientWith, reasons } = await start()
    const frames = [params({ authorization: `Bearer ${'a'.repeat(2 ** 20)}` }), call(1, 'hello'), call(2, 'private')]

    expect(byId(await converse(`${address}?connectionParams=1`, frames, 2))).toMatchObject({
      1: { result: { data: 'Anyone may call this.' } },
      2: { error: INVALID },
    })
    expect(reasons).toEqual(['malformed'])
    expect(await nextClient(clientWith)).toBe('Your token worked, ann.')
  })

  test.each([
    ['a text', params(ANN)],
    ['a number', params(7)],
    ['a list', params([ANN])],
    ['a numeric authorization', params({ authorization: 7 })],
    ['an authorization that is a list', params({ authorization: [ANN] })],
    ['an authorization of null', params({ authorization: null })],
    ['a __proto__ that is an object', `{"method":"connectionParams","data":{"__proto__":{"authorization":"${ANN}"}}}`],
    ['nothing', '{"method":"connectionParams"}'],
    ['what is no JSON', 'authorization'],
    ['a call in their stead', call(1, 'private')],
  ])(
    'keeps serving after tRPC has closed the connection of a client that sent %s as connectionParams',
    async (_what, frame) => {
      const { address, clientWith } = await start()

      expect(await converse(`${address}?connectionParams=1`, [frame], 2)).toMatchObject([
        { id: null, error: { data: { code: 'PARSE_ERROR' } } },
      ])
      expect(await nextClient(clientWith)).toBe('Your token worked, ann.')
    },
  )

  test('keeps serving while a client has announced connectionParams and sends none', async () => {
    const { address, clientWith } = await start()

    await openSocket(`${address}?connectionParams=1`)
    expect(await nextClient(clientWith)).toBe('Your token worked, ann.')
  })
}

type Client = ReturnType<typeof socketClient>

const nextClient = (clientWith: (options: SocketOptions) => Client): Promise<string> =>
  clientWith({ connectionParams: { authorization: ANN } }).private.query()

/** The first value of the stream, or the error that it ends in. */
const firstOf = (client: Client): Promise<string> =>
  new Promise((resolve, reject) => client.watch.subscribe(undefined, { onData: resolve, onError: reject }))

const byId = (answers: unknown[]) => Object.fromEntries((answers as { id: number }[]).map((each) => [each.id, each]))
