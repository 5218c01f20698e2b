import { createHmac } from 'node:crypto'

import { initTRPC, TRPCError } from '@trpc/server'
import { createJwtTrivial, createJwtVerifier, type BearerContext, type JwtTrivialOptions } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { call, callBehind, contextWith, invalid, refusal, refusalOf } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'
import { messageOf } from '../support/option-errors.ts'
import { sendRaw } from '../support/raw.ts'
import { serve } from '../support/serve.ts'

const create = (options: Partial<Omit<JwtTrivialOptions, 'authorise' | 'claims' | 'credentials'>> = {}) =>
  createJwtTrivial({ passphrase: PASSPHRASE, ...options, authorise: () => ({ name: 'ann' }) })

/** What a token says, unverified. */
const partsOf = (token: string) =>
  token
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>)

describe('the options of Flask-JWT-Trivial', () => {
  test('passphrase: the HMAC key is its UTF-8 bytes, as PyJWT takes it', async () => {
    const jwt = create({ passphrase: 'ein geheimes Wort, größer als 32 Bytes' })
    const token = await jwt.createAccessToken({ sub: 'ann' })
    const [input, signature] = [token.slice(0, token.lastIndexOf('.')), token.slice(token.lastIndexOf('.') + 1)]

    expect(signature).toBe(
      createHmac('sha256', Buffer.from('ein geheimes Wort, größer als 32 Bytes')).update(input).digest('base64url'),
    )
  })

  test('algorithm: HS256 unless another is asked for', async () => {
    const headers = await Promise.all(
      [create(), create({ algorithm: 'HS384' }), create({ algorithm: 'HS512' })].map(async (jwt) =>
        partsOf(await jwt.createAccessToken({})),
      ),
    )

    expect(headers.map(([header]) => header?.['alg'])).toEqual(['HS256', 'HS384', 'HS512'])
  })

  test('algorithms: the three of HMAC are accepted unless fewer are asked for', async () => {
    const tokens = ['HS256', 'HS384', 'HS512'].map((alg) => mint({}, { header: { alg } }))
    const [all, one] = [create(), create({ algorithms: ['HS256'] })]

    expect((await Promise.all(tokens.map((token) => call(all, token)))).map(({ sub }) => sub)).toEqual([
      'ann',
      'ann',
      'ann',
    ])
    expect(await call(one, tokens[0])).toMatchObject({ sub: 'ann' })
    expect(await refusal(one, tokens[1] ?? '')).toEqual(invalid('malformed'))
    expect(await refusal(one, tokens[2] ?? '')).toEqual(invalid('malformed'))
  })

  test('audience, issuer and subject: written into what is issued (the seed forgot), and required of what is presented', async () => {
    const jwt = create({ audience: 'app', issuer: 'https://id.example', subject: 'service' })
    const [, payload] = partsOf((await jwt.tokenRouter.createCaller(jwt.createContext()).create()).token)
    const good = { aud: 'app', iss: 'https://id.example', sub: 'service' }

    expect(payload).toMatchObject(good)
    expect(await call(jwt, mint(good))).toMatchObject(good)
    expect(await refusal(jwt, mint({ ...good, aud: 'other' }))).toEqual(invalid('wrong_audience'))
    expect(await refusal(jwt, mint({ ...good, iss: 'https://other.example' }))).toEqual(invalid('wrong_issuer'))
    expect(await refusal(jwt, mint({ ...good, sub: 'ann' }))).toEqual(invalid('wrong_subject'))
  })

  test('retfunc: called with each outcome, and its answer is what a refused caller gets', async () => {
    const seen: string[] = []
    const jwt = create({
      retfunc: (outcome) => {
        seen.push(outcome.type)
        return outcome.type === 'rejected' ? new TRPCError({ code: 'FORBIDDEN', message: 'Go away' }) : undefined
      },
    })
    const { token } = await jwt.tokenRouter.createCaller(jwt.createContext()).create()
    await call(jwt, token)

    await expect(call(jwt)).rejects.toMatchObject({ code: 'FORBIDDEN', message: 'Go away' })
    expect(seen).toEqual(['issued', 'accepted', 'rejected'])
  })

  test('without a passphrase there is no instance', () => {
    expect(messageOf(() => create({ passphrase: undefined }))).toMatch(/^createJwtTrivial: `passphrase` is undefined/)
  })
})

describe('jwt_required()', () => {
  test('is protectedProcedure, which puts the claims within reach', async () => {
    const jwt = create()

    expect(await callBehind(jwt.protectedProcedure, contextWith(jwt, mint({ role: 'reader' })))).toMatchObject({
      sub: 'ann',
      role: 'reader',
    })
    expect(await refusalOf(call(jwt))).toEqual({
      reason: 'missing',
      code: 'UNAUTHORIZED',
      message: 'Authentication required',
    })
  })

  test('its audience, issuer and subject of one route are protect({ … }), instead of the instance’s', async () => {
    const jwt = create({ audience: 'app', issuer: 'https://id.example' })
    const route = jwt.protect({ audience: 'reports', issuer: 'https://reports.example', subject: 'ann' })
    const good = { aud: 'reports', iss: 'https://reports.example', sub: 'ann' }
    const reasonOf = async (claims: object) =>
      (await refusalOf(callBehind(route, contextWith(jwt, mint({ ...good, ...claims }))))).reason

    expect(await callBehind(route, contextWith(jwt, mint(good)))).toMatchObject(good)
    expect(await reasonOf({ aud: 'app' })).toBe('wrong_audience')
    expect(await reasonOf({ iss: 'https://id.example' })).toBe('wrong_issuer')
    expect(await reasonOf({ sub: 'bob' })).toBe('wrong_subject')
  })
})

test('create_access_token(audience, issuer, subject) is createAccessToken, instead of the instance’s', async () => {
  const jwt = create({ audience: 'app', issuer: 'https://id.example' })
  const options = { audience: 'reports', issuer: 'https://reports.example', subject: 'ann' }
  const [, own] = partsOf(await jwt.createAccessToken({}))
  const [, other] = partsOf(await jwt.createAccessToken({}, options))

  expect(own).toMatchObject({ aud: 'app', iss: 'https://id.example' })
  expect(other).toMatchObject({ aud: 'reports', iss: 'https://reports.example', sub: 'ann' })
})

describe('the token route', () => {
  const t = initTRPC.context<BearerContext & { address: string }>().create()

  test('asks the authorisation function first, which looks at the request as the seed’s did', async () => {
    const jwt = createJwtTrivial({
      passphrase: PASSPHRASE,
      authorise: ({ ctx }: { ctx: BearerContext & { address: string } }) => ctx.address === '127.0.0.1',
    })
    const signIn = (address: string) =>
      t
        .router({ token: jwt.tokenRouter })
        .createCaller({ ...jwt.createContext(), address })
        .token.create()

    expect(await call(jwt, (await signIn('127.0.0.1')).token)).toHaveProperty('exp')
    expect(await refusalOf(signIn('203.0.113.9'))).toEqual({
      reason: 'not_authorised',
      code: 'UNAUTHORIZED',
      message: 'Not authorised',
    })
  })

  test('answers with the seed’s words: token, and the category Bearer', async () => {
    const jwt = create()
    const url = await serve(t.router({ token: jwt.tokenRouter }), jwt)
    const { status, body } = await sendRaw(`${url}/token.create`, [], { method: 'POST', body: '' })
    const { result } = JSON.parse(body) as { result: { data: Record<string, unknown> } }

    expect(status).toBe(200)
    expect(result.data).toMatchObject({ token: expect.stringMatching(/^eyJ/), category: 'Bearer' })
  })
})

test('bearer tokens only: no other scheme, no cookie, no query', async () => {
  const jwt = createJwtVerifier({ passphrase: PASSPHRASE })
  const token = mint()
  const requests = [
    { headers: { authorization: `JWT ${token}` } },
    { headers: { authorization: `Basic ${token}` } },
    { headers: { cookie: `access_token_cookie=${token}` } },
    { headers: {}, url: `/?jwt=${token}` },
  ]
  const refused = requests.map((req) => refusalOf(callBehind(jwt.protectedProcedure, jwt.createContext({ req }))))

  expect((await Promise.all(refused)).map(({ reason }) => reason)).toEqual(requests.map(() => 'missing'))
  expect(await callBehind(jwt.protectedProcedure, contextWith(jwt, token))).toMatchObject({ sub: 'ann' })
})
