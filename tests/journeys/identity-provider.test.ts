import { createTRPCClient, httpLink, TRPCClientError } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { createJwtVerifier, type BearerContext, type RejectionReason } from 'trpc-jwt-trivial'
import { beforeEach, describe, expect, test } from 'vitest'
import * as z from 'zod'

import { startIdentityProvider, type IdentityProvider } from '../support/identity-provider.ts'
import { serve } from '../support/serve.ts'
import { AUDIENCE, createSigner } from '../support/signer.ts'

const [provider, mallory] = await Promise.all([createSigner('provider-key'), createSigner('provider-key')])

/** An API that accepts the provider's tokens, and why it refused some. */
function createApi({ issuer }: IdentityProvider, jwks: string) {
  const reasons: RejectionReason[] = []
  const jwt = createJwtVerifier({
    jwks,
    issuer,
    audience: AUDIENCE,
    algorithms: ['ES256'],
    claims: z.object({ client_id: z.literal('web') }),
    retfunc: (outcome) => {
      if (outcome.type === 'rejected') reasons.push(outcome.reason)
    },
  })
  const t = initTRPC.context<BearerContext>().create()
  const router = t.router({
    private: jwt.protectedProcedure.query(({ ctx }) => `Your token worked, ${ctx.jwt.client_id}.`),
    read: jwt.protect({ scope: 'read' }).query(() => 'read'),
    write: jwt.protect({ scope: 'write' }).query(() => 'written'),
  })
  return { reasons, router, options: { createContext: jwt.createContext, responseMeta: jwt.responseMeta } }
}

describe('an access token that an identity provider issued', () => {
  let idp: IdentityProvider
  let reasons: RejectionReason[]
  let trpcWith: (token: string) => ReturnType<typeof createTRPCClient<ReturnType<typeof createApi>['router']>>

  beforeEach(async () => {
    idp = await startIdentityProvider(provider)
    const api = createApi(idp, String((await idp.discover())['jwks_uri']))
    const url = await serve(api.router, api.options)
    reasons = api.reasons
    trpcWith = (token) =>
      createTRPCClient({ links: [httpLink({ url, headers: { authorization: `Bearer ${token}` } })] })
  })

  const refusalOf = async (token: string) => {
    const error: unknown = await trpcWith(token)
      .private.query()
      .catch((thrown: unknown) => thrown)
    if (!(error instanceof TRPCClientError)) throw new Error('was not refused')
    return [reasons.at(-1), error.message]
  }

  /** Signs what looks like the provider's token, on top of a real one. */
  const resign = async (claims: object, header: object = {}, signer = provider) => {
    const token = await idp.tokenFor('web')
    return signer.sign({ ...decodeJwt(token), ...claims }, { ...decodeProtectedHeader(token), ...header })
  }

  test('is a JWT as RFC 9068 has it, and opens a protected procedure over HTTP', async () => {
    const token = await idp.tokenFor('web')

    expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', kid: 'provider-key', typ: 'at+jwt' })
    expect(decodeJwt(token)).toMatchObject({ iss: idp.issuer, aud: AUDIENCE, client_id: 'web', scope: 'read' })
    expect(await trpcWith(token).private.query()).toBe('Your token worked, web.')
    expect(reasons).toEqual([])
  })

  test('opens what its scope covers, and nothing else', async () => {
    const [read, both] = await Promise.all([idp.tokenFor('web'), idp.tokenFor('web', { scope: 'read write' })])

    expect(await trpcWith(read).read.query()).toBe('read')
    expect(await trpcWith(both).write.query()).toBe('written')
    await expect(trpcWith(read).write.query()).rejects.toMatchObject({
      message: 'Insufficient scope',
      data: { code: 'FORBIDDEN', httpStatus: 403 },
    })
  })

  test('is refused where it was issued for another audience', async () => {
    const token = await idp.tokenFor('web', { resource: 'https://other.example' })

    expect(await refusalOf(token)).toEqual(['wrong_audience', 'Invalid token'])
  })

  test('is refused where it was issued to a client that the claims schema does not know', async () => {
    expect(await refusalOf(await idp.tokenFor('other'))).toEqual(['invalid_claims', 'Invalid token'])
  })

  test("is refused where another client forged it under the provider's kid", async () => {
    expect(await refusalOf(await resign({}, {}, mallory))).toEqual(['bad_signature', 'Invalid token'])
  })

  test('is refused with the payload of another', async () => {
    const [header, , signature] = (await idp.tokenFor('other')).split('.')
    const [, payload] = (await idp.tokenFor('web')).split('.')

    expect(await refusalOf(`${header}.${payload}.${signature}`)).toEqual(['bad_signature', 'Invalid token'])
  })

  test('is refused once it has expired', async () => {
    const past = Math.floor(Date.now() / 1000) - 1

    expect(await refusalOf(await resign({ exp: past }))).toEqual(['expired', 'Token expired'])
  })

  test('is refused where it is no JWT: opaque, as without a resource', async () => {
    const token = await idp.tokenFor('web', { resource: '' })

    expect(token).not.toContain('.')
    expect(await refusalOf(token)).toEqual(['malformed', 'Invalid token'])
  })

  test("is not to be mistaken for an ID token of the provider's: other audience, or other type", async () => {
    expect(await resign({}).then((token) => trpcWith(token).private.query())).toBe('Your token worked, web.')

    expect(await refusalOf(await resign({ aud: 'web' }, { typ: 'JWT' }))).toEqual(['wrong_audience', 'Invalid token'])
    expect(await refusalOf(await resign({}, { typ: 'id_token+jwt' }))).toEqual(['wrong_type', 'Invalid token'])
    expect(await refusalOf(await resign({}, { typ: 'logout+jwt' }))).toEqual(['wrong_type', 'Invalid token'])
  })

  test('is refused where another provider on the same keys issued it', async () => {
    const twin = await startIdentityProvider(provider)

    expect(await refusalOf(await twin.tokenFor('web'))).toEqual(['wrong_issuer', 'Invalid token'])
  })
})
