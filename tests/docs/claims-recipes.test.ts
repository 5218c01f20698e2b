import { readFileSync } from 'node:fs'

import type { StandardSchemaV1 } from '@standard-schema/spec'
import { createJwtVerifier, type JwtVerifier } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { auth0, clerk, cognito, entra, keycloak } from '../support/claims-recipes.ts'
import { call, callBehind, contextWith, invalid, refusal, refusalOf } from '../support/call.ts'
import { createSigner } from '../support/signer.ts'

const provider = await createSigner('provider-key', 'RS256')

/** A verifier as the guide has it, and tokens of the provider's shape with whatever is put on top of it. */
function setUp<Out>(
  shape: Record<string, unknown>,
  recipe: { audience: string | null; claims?: StandardSchemaV1<object, Out> },
) {
  const issuer = String(shape['iss'])
  const jwt = createJwtVerifier<object, Out>({
    jwks: { keys: [provider.publicJwk] },
    issuer,
    algorithms: ['RS256'],
    ...recipe,
  })
  const tokenWith = (changes: Record<string, unknown> = {}) =>
    provider.sign({ aud: undefined, ...shape, ...changes }, { typ: 'JWT' })
  return { jwt, tokenWith }
}

const callWithScope = <Out>(jwt: JwtVerifier<Out>, scope: string, token: string) =>
  callBehind(jwt.protect({ scope }), contextWith(jwt, token))

const insufficientScope = { reason: 'insufficient_scope', code: 'FORBIDDEN', message: 'Insufficient scope' }

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

test('the guide shows the recipes that are tested here, letter for letter', () => {
  expect(read('../../docs/identity-provider.md')).toContain(`\`\`\`ts\n${read('../support/claims-recipes.ts')}\`\`\``)
})

describe('a provider that writes scope as it is read', () => {
  const { jwt, tokenWith } = setUp(
    {
      iss: 'https://tenant.example/',
      sub: 'auth0|123456',
      aud: ['https://api.example.com', 'https://tenant.example/userinfo'],
      azp: 'my_client_id',
      scope: 'openid profile read:patients',
    },
    { audience: 'https://api.example.com' },
  )

  test('needs no recipe', async () => {
    expect(await callWithScope(jwt, 'read:patients', await tokenWith())).toMatchObject({ sub: 'auth0|123456' })
    expect(await refusalOf(callWithScope(jwt, 'read:admin', await tokenWith()))).toEqual(insufficientScope)
    expect(await refusalOf(callWithScope(jwt, 'openid', await tokenWith({ scope: undefined })))).toEqual(
      insufficientScope,
    )
  })
})

describe('auth0', () => {
  const { jwt, tokenWith } = setUp(
    {
      iss: 'https://tenant.example/',
      sub: 'auth0|123456',
      aud: ['https://api.example.com', 'https://tenant.example/userinfo'],
      azp: 'my_client_id',
      scope: 'openid profile write:invoices',
      permissions: ['read:invoices', 'read:users'],
    },
    { audience: 'https://api.example.com', claims: auth0 },
  )

  test('grants what is in permissions, not what is in scope', async () => {
    const token = await tokenWith()

    expect(await callWithScope(jwt, 'read:invoices read:users', token)).toMatchObject({
      sub: 'auth0|123456',
      scope: ['read:invoices', 'read:users'],
    })
    expect(await refusalOf(callWithScope(jwt, 'write:invoices', token))).toEqual(insufficientScope)
  })

  test('grants nothing to who has no permissions, and refuses tokens without the claim', async () => {
    expect(await refusalOf(callWithScope(jwt, 'openid', await tokenWith({ permissions: [] })))).toEqual(
      insufficientScope,
    )
    expect(await refusal(jwt, await tokenWith({ permissions: undefined }))).toEqual(invalid('invalid_claims'))
  })

  test('refuses an ID token: it is for the client', async () => {
    expect(await refusal(jwt, await tokenWith({ aud: 'my_client_id' }))).toEqual(invalid('wrong_audience'))
  })
})

describe('entra', () => {
  const api = '6e74172b-be56-4843-9ff4-e66a39bb12e3'
  const { jwt, tokenWith } = setUp(
    {
      iss: 'https://login.example/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0',
      sub: 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ',
      aud: api,
      nbf: 1_537_231_048,
      azp: 'c44b4083-3bb0-49c1-b47d-974e53cbdf3c',
      azpacr: '0',
      scp: 'Invoices.Read Invoices.Write',
      tid: '72f988bf-86f1-41af-91ab-2d7cd011db47',
      ver: '2.0',
    },
    { audience: api, claims: entra },
  )

  test('grants what is in scp', async () => {
    const token = await tokenWith()

    expect(await callWithScope(jwt, 'Invoices.Write', token)).toMatchObject({ scope: 'Invoices.Read Invoices.Write' })
    expect(await call(jwt, token)).not.toHaveProperty('scp')
    expect(await refusalOf(callWithScope(jwt, 'Invoices.Delete', token))).toEqual(insufficientScope)
  })

  test('refuses what carries no scp: the token of a daemon, an ID token for an API that signs in as itself', async () => {
    const daemon = await tokenWith({ scp: undefined, roles: ['Invoices.Write'] })
    const idToken = await tokenWith({ scp: undefined, azp: undefined, nonce: '12345' })

    expect(await refusal(jwt, daemon)).toEqual(invalid('invalid_claims'))
    expect(await refusal(jwt, idToken)).toEqual(invalid('invalid_claims'))
  })

  test('refuses what is for another API, or of another tenant', async () => {
    expect(await refusal(jwt, await tokenWith({ aud: '00000003-0000-0000-c000-000000000000' }))).toEqual(
      invalid('wrong_audience'),
    )
    expect(await refusal(jwt, await tokenWith({ iss: 'https://login.example/another/v2.0' }))).toEqual(
      invalid('wrong_issuer'),
    )
  })
})

describe('cognito', () => {
  const { jwt, tokenWith } = setUp(
    {
      iss: 'https://cognito-idp.eu-west-1.example/eu-west-1_example',
      sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
      client_id: '1example23456789',
      token_use: 'access',
      scope: 'openid invoices/read',
      username: 'ann',
      version: 2,
    },
    { audience: null, claims: cognito },
  )

  test('accepts access tokens of the clients named, and leaves scope as it is', async () => {
    const token = await tokenWith()

    expect(await callWithScope(jwt, 'invoices/read', token)).toMatchObject({ client_id: '1example23456789' })
    expect(await refusalOf(callWithScope(jwt, 'invoices/write', token))).toEqual(insufficientScope)
  })

  test('refuses another client of the same pool', async () => {
    expect(await refusal(jwt, await tokenWith({ client_id: '2example23456789' }))).toEqual(invalid('invalid_claims'))
    expect(await refusal(jwt, await tokenWith({ client_id: undefined }))).toEqual(invalid('invalid_claims'))
  })

  test('refuses an ID token, for its aud and for its token_use', async () => {
    const idToken = { token_use: 'id', client_id: undefined, aud: '1example23456789' }

    expect(await refusal(jwt, await tokenWith(idToken))).toEqual(invalid('wrong_audience'))
    expect(await refusal(jwt, await tokenWith({ token_use: 'id' }))).toEqual(invalid('invalid_claims'))
  })
})

describe('keycloak', () => {
  const { jwt, tokenWith } = setUp(
    {
      iss: 'https://keycloak.example/realms/shop',
      sub: '36fa0f91-f94d-4a0c-afed-6b7d952e47da',
      aud: ['invoices-api', 'account'],
      typ: 'Bearer',
      azp: 'web-app',
      sid: '2a88c258-f73a-4103-b862-e1fbd8f4e04e',
      realm_access: { roles: ['offline_access', 'invoices-reader'] },
      resource_access: { account: { roles: ['view-profile'] } },
      scope: 'email profile',
    },
    { audience: 'invoices-api', claims: keycloak },
  )

  test('grants the realm roles', async () => {
    const token = await tokenWith()

    expect(await callWithScope(jwt, 'invoices-reader', token)).toMatchObject({ azp: 'web-app' })
    expect(await refusalOf(callWithScope(jwt, 'invoices-writer', token))).toEqual(insufficientScope)
    expect(await refusalOf(callWithScope(jwt, 'profile', token))).toEqual(insufficientScope)
  })

  test('refuses another client, an ID token, and a token without the audience mapper', async () => {
    expect(await refusal(jwt, await tokenWith({ azp: 'other-app' }))).toEqual(invalid('invalid_claims'))
    expect(await refusal(jwt, await tokenWith({ typ: 'ID' }))).toEqual(invalid('invalid_claims'))
    expect(await refusal(jwt, await tokenWith({ aud: 'account' }))).toEqual(invalid('wrong_audience'))
    expect(await refusal(jwt, await tokenWith({ aud: undefined }))).toEqual(invalid('wrong_audience'))
  })
})

describe('clerk', () => {
  const { jwt, tokenWith } = setUp(
    {
      iss: 'https://clerk.example.com',
      sub: 'user_123',
      azp: 'https://app.example.com',
      fva: [7, -1],
      nbf: 1_713_158_400,
      sid: 'sess_123',
      v: 2,
    },
    { audience: null, claims: clerk },
  )

  test('accepts users that signed in at the origins named', async () => {
    expect(await call(jwt, await tokenWith())).toMatchObject({ sub: 'user_123', sid: 'sess_123' })
    expect(await call(jwt, await tokenWith({ sts: 'active' }))).toMatchObject({ sub: 'user_123' })
  })

  test('refuses other origins, none, and users that have steps left to take', async () => {
    const changes = [{ azp: 'https://evil.example.com' }, { azp: undefined }, { sts: 'pending' }]

    for (const each of changes) expect(await refusal(jwt, await tokenWith(each))).toEqual(invalid('invalid_claims'))
  })
})
