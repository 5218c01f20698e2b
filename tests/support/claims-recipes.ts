import * as z from 'zod'

/** Auth0, RBAC with "Add Permissions in the Access Token": what the user may do counts, not what the client asked for. */
export const auth0 = z
  .object({ sub: z.string(), permissions: z.array(z.string()) })
  .transform(({ permissions, ...claims }) => ({ ...claims, scope: permissions }))

/** Entra: delegated permissions are in `scp`. Tokens without it (ID tokens, those of daemons) are refused. */
export const entra = z
  .object({ sub: z.string(), azp: z.string(), scp: z.string() })
  .transform(({ scp, ...claims }) => ({ ...claims, scope: scp }))

/** Cognito: no `aud`, so the client is checked; `token_use` tells access tokens from ID tokens. */
export const cognito = z.object({
  sub: z.string(),
  token_use: z.literal('access'),
  client_id: z.enum(['1example23456789']),
})

/** Keycloak: `typ` tells access tokens from ID tokens, `azp` is the client; realm roles are what is granted. */
export const keycloak = z
  .object({
    sub: z.string(),
    typ: z.literal('Bearer'),
    azp: z.enum(['web-app']),
    realm_access: z.object({ roles: z.array(z.string()) }),
  })
  .transform(({ realm_access, ...claims }) => ({ ...claims, scope: realm_access.roles }))

/** Clerk: no `aud`, so the origin that the user signed in at is checked; `pending` users have steps left to take. */
export const clerk = z.object({
  sub: z.string(),
  azp: z.enum(['https://app.example.com']),
  sts: z.literal('active').optional(),
})
