import { Console } from 'node:console'
import { Writable } from 'node:stream'
import { inspect } from 'node:util'

import { createJwtTrivial } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { mint, PASSPHRASE } from '../support/mint.ts'

const { createContext } = createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => true })
const TOKEN = mint()

/** What `createContext` makes of one `Authorization` header. */
const read = (authorization: unknown) => createContext({ req: { headers: { authorization } } }).bearer

const statuses = (headers: readonly unknown[]) => headers.map((header) => [header, read(header).status])

const all = (headers: readonly unknown[], status: string) => headers.map((header) => [header, status])

describe('where createContext looks', () => {
  test('a Node request, whose header names are lower-case', () => {
    const { bearer } = createContext({ req: { headers: { host: 'x', authorization: `Bearer ${TOKEN}` } } })

    expect([bearer.status, bearer.token]).toEqual(['present', TOKEN])
  })

  test('a request without info of its calls', () => {
    const req = { headers: { authorization: `Bearer ${TOKEN}` } }

    expect(createContext({ req, info: null }).bearer.token).toBe(TOKEN)
    expect(createContext({ req, info: 'none' }).bearer.token).toBe(TOKEN)
  })

  test('a fetch Request, as the fetch adapter hands it over', () => {
    const req = new Request('http://x', { headers: { Authorization: `Bearer ${TOKEN}` } })

    expect(createContext({ req, resHeaders: new Headers() }).bearer.token).toBe(TOKEN)
  })

  test('a Request, its Headers or { headers }, as a server-side caller has them', () => {
    const request = new Request('http://x', { headers: { Authorization: `Bearer ${TOKEN}` } })
    const given = [
      request,
      request.headers,
      { headers: request.headers },
      { headers: { Authorization: `Bearer ${TOKEN}` } },
    ]

    expect(given.map((opts) => createContext(opts).bearer.token)).toEqual([TOKEN, TOKEN, TOKEN, TOKEN])
  })

  test('nothing at all is missing credentials', () => {
    const given = [
      undefined,
      {},
      { req: {} },
      { headers: {} },
      { headers: new Headers() },
      new Headers(),
      new Request('http://x'),
    ]

    expect(given.map((opts) => createContext(opts).bearer.status)).toEqual(given.map(() => 'missing'))
    expect(createContext().bearer.status).toBe('missing')
  })

  test('garbage is missing credentials too, and never throws', () => {
    const garbage = [null, 0, 'Bearer x', true, [], ['Bearer x'], Symbol('x'), () => {}, { req: null }, { req: 7 }]
    const inside = [null, 0, 'Bearer x', ['Authorization', 'Bearer x']]
    const given = [
      ...garbage,
      ...inside.map((headers) => ({ req: { headers } })),
      ...inside.map((headers) => ({ headers })),
    ]

    expect(given.map((opts) => createContext(opts).bearer.status)).toEqual(given.map(() => 'missing'))
  })

  test('a header that is no text is malformed', () => {
    const values = [0, true, {}, [], [`Bearer ${TOKEN}`], () => TOKEN]

    expect(statuses(values)).toEqual(all(values, 'malformed'))
  })

  test('not a query, a body, a cookie, nor the connectionParams of an HTTP request', () => {
    const req = {
      headers: { cookie: `token=${TOKEN}; authorization=Bearer ${TOKEN}` },
      url: `/private?access_token=${TOKEN}`,
      query: { access_token: TOKEN },
      body: { access_token: TOKEN },
    }
    const info = { url: new URL('http://x'), connectionParams: { authorization: `Bearer ${TOKEN}` } }

    expect(createContext({ req, info }).bearer.status).toBe('missing')
  })
})

describe('the grammar of the header', () => {
  test('the scheme may be in any letter case, with one or more spaces behind it', () => {
    const headers = [`Bearer ${TOKEN}`, `bearer ${TOKEN}`, `BEARER ${TOKEN}`, `bEaReR    ${TOKEN}`]

    expect(headers.map((header) => read(header).token)).toEqual(headers.map(() => TOKEN))
  })

  test('what is not verified here is any run of base64url letters and dots', () => {
    expect(['x', 'a.b.c', '-_', '...'].map((token) => read(`Bearer ${token}`).token)).toEqual([
      'x',
      'a.b.c',
      '-_',
      '...',
    ])
  })

  test('another scheme is no bearer credentials', () => {
    const headers = [
      '',
      'Basic YTpi',
      'Digest a="b"',
      `Bearers ${TOKEN}`,
      `Bearer-${TOKEN}`,
      `JWT ${TOKEN}`,
      TOKEN,
      'Digest realm="bearer"',
    ]

    expect(statuses(headers)).toEqual(all(headers, 'missing'))
  })

  test('a bearer scheme with anything but one token behind it is malformed', () => {
    const headers = [
      'Bearer',
      'Bearer ',
      `Bearer\t${TOKEN}`,
      `Bearer ${TOKEN} ${TOKEN}`,
      `Bearer ${TOKEN} `,
      ` Bearer ${TOKEN}`,
      `Bearer "${TOKEN}"`,
      `Bearer ${TOKEN},`,
      `Bearer realm="x", token="${TOKEN}"`,
      `Bearer=${TOKEN}`,
      `Bearer:${TOKEN}`,
      `Bearer\u00a0${TOKEN}`,
      `Bearer ${TOKEN}\u00a0`,
      `Bearer ${TOKEN}\n`,
      `Bearer ${TOKEN.replace('.', '．')}`,
      `Bearer ${TOKEN.replace('.', '%2E')}`,
      `Bearer ${TOKEN}=`,
      `Bearer é${TOKEN}`,
    ]

    expect(statuses(headers)).toEqual(all(headers, 'malformed'))
  })

  test('two credentials are malformed: joined by a comma, in an array, in two header lines', () => {
    const line = `Bearer ${TOKEN}`
    const joined = [`${line}, ${line}`, `${line},${line}`, `Basic YTpi, ${line}`, `Basic YTpi,${line}`, [line, line]]
    const rawHeaders = ['Host', 'x', 'Authorization', line, 'AUTHORIZATION', line]
    const repeated = createContext({ req: { headers: { authorization: line }, rawHeaders } }).bearer

    expect(statuses(joined)).toEqual(all(joined, 'malformed'))
    expect(repeated.status).toBe('malformed')
    expect(
      createContext({
        req: new Request('http://x', {
          headers: [
            ['authorization', line],
            ['authorization', line],
          ],
        }),
      }).bearer.status,
    ).toBe('malformed')
  })

  test('one header line, as rawHeaders repeats it, is one credential', () => {
    const rawHeaders = ['Host', 'authorization', 'Authorization', `Bearer ${TOKEN}`]

    expect(createContext({ req: { headers: { authorization: `Bearer ${TOKEN}` }, rawHeaders } }).bearer.token).toBe(
      TOKEN,
    )
  })

  test('8 KiB of token are read, and a letter more is malformed', () => {
    expect(read(`Bearer ${'a'.repeat(8192)}`).token).toHaveLength(8192)
    expect(read(`Bearer ${'a'.repeat(8193)}`).status).toBe('malformed')
  })
})

describe('the bearer does not give its token away', () => {
  test('the token is readable by name, and neither enumerable nor writable', () => {
    const { bearer } = createContext({ headers: { authorization: `Bearer ${TOKEN}` } })

    expect(bearer.token).toBe(TOKEN)
    expect(Object.keys(bearer)).toEqual(['status'])
    expect(Object.getOwnPropertyDescriptor(bearer, 'token')).toMatchObject({ enumerable: false })
    expect(Reflect.set(bearer, 'token', 'another')).toBe(false)
    expect({ ...bearer }).toEqual({ status: 'present' })
  })

  test('String, JSON.stringify and util.inspect print [bearer]', () => {
    const ctx = createContext({ headers: { authorization: `Bearer ${TOKEN}` } })

    expect(String(ctx.bearer as unknown)).toBe('[bearer]')
    expect(`${JSON.stringify(ctx)} ${JSON.stringify([ctx.bearer])}`).toBe('{"bearer":"[bearer]"} ["[bearer]"]')
    expect(inspect(ctx)).toBe('{ bearer: [bearer] }')
    expect(inspect(ctx, { showHidden: true, depth: null })).toBe('{ bearer: [bearer] }')
  })

  test('console.log of a context prints [bearer], whatever the status', () => {
    const written: string[] = []
    const stdout = new Writable({ write: (chunk, _, done) => done(void written.push(String(chunk))) })
    const console = new Console(stdout)
    for (const authorization of [`Bearer ${TOKEN}`, 'Bearer ???', '']) {
      console.log(createContext({ headers: { authorization } }))
    }

    expect(written.join('')).toBe('{ bearer: [bearer] }\n'.repeat(3))
  })

  test('a malformed or missing bearer keeps no text of the header', () => {
    const bearers = [`Bearer ${TOKEN} `, `Basic ${TOKEN}`].map((header) => read(header))
    const own = bearers.map((bearer) => Object.getOwnPropertyDescriptors(bearer))

    expect(bearers.map((bearer) => bearer.token)).toEqual([undefined, undefined])
    expect(inspect(own, { depth: null, showHidden: true })).not.toContain(TOKEN.split('.')[1])
  })

  test('a context that the app spreads keeps the very same bearer', () => {
    const inner = createContext({ headers: { authorization: `Bearer ${TOKEN}` } })
    const ctx = { ...inner, db: {} }

    expect(ctx.bearer).toBe(inner.bearer)
    expect(ctx.bearer.token).toBe(TOKEN)
  })
})
