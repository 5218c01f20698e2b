import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { Provider } from 'oidc-provider'
import { onTestFinished, vi } from 'vitest'

import { AUDIENCE, type Signer } from './signer.ts'

/** A real identity provider on loopback, with two clients that may sign in for themselves. */
export interface IdentityProvider {
  readonly issuer: string
  /** What its discovery document says. */
  discover(): Promise<Record<string, unknown>>
  /** Asks for an access token with client credentials (RFC 6749 4.4), for a resource (RFC 8707) or for none. */
  tokenFor(client: 'web' | 'other', request?: { scope?: string; resource?: string }): Promise<string>
}

const SECRET = 'a secret that clients of the provider share with it'
const client = (client_id: string) => ({
  client_id,
  client_secret: SECRET,
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
})

/** Starts one that signs with the signer's key, until the test ends. */
export async function startIdentityProvider({ privateJwk }: Signer): Promise<IdentityProvider> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const handle = quietly(() => createProvider(issuer, privateJwk).callback())
  server.on('request', (req, res) => void handle(req, res))
  return {
    issuer,
    discover: async () => (await readJson(await fetch(`${issuer}/.well-known/openid-configuration`))) as never,
    async tokenFor(clientId, { scope = 'read', resource = AUDIENCE } = {}) {
      const body = new URLSearchParams({ grant_type: 'client_credentials', ...(resource && { scope, resource }) })
      const authorization = `Basic ${Buffer.from(`${clientId}:${encodeURIComponent(SECRET)}`).toString('base64')}`
      const response = await fetch(`${issuer}/token`, { method: 'POST', headers: { authorization }, body })
      return ((await readJson(response)) as { access_token: string }).access_token
    },
  }
}

const createProvider = (issuer: string, privateJwk: Signer['privateJwk']) =>
  new Provider(issuer, {
    clients: [client('web'), client('other')],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    jwks: { keys: [{ ...privateJwk, use: 'sig' }] as never },
    ttl: { ClientCredentials: 600 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx, resource) => ({
          audience: resource,
          scope: 'read write',
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  })

/** It warns of what suits a test. */
function quietly<T>(make: () => T): T {
  const silenced = (['info', 'warn'] as const).map((name) => vi.spyOn(console, name).mockImplementation(() => {}))
  try {
    return make()
  } finally {
    for (const spy of silenced) spy.mockRestore()
  }
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text()
  if (!response.ok) throw new Error(`the provider answered ${response.status}: ${text}`)
  return JSON.parse(text)
}
