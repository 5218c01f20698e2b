import * as z from 'zod'

/** Auth0, RBAC with "Add Permissions in the Access Token": `permissions` is what the user may do, `scope` what the client asked for. */
export const auth0 = z
  .object({ sub: z.string(), permissions: z.array(z.string()) })
  .transform(({ permissions, ...claims }) => ({ ...claims, scope: permissions }))

/** Entra: delegated permissions are in `scp`. Tokens without `scp` (ID tokens, tokens of daemons) are refused. */
export const entra = z
  .object({ sub: z.string(), azp: z.string(), scp: z.string() })
  .transform(({ scp, ...claims }) => ({ ...claims, scope: scp }))

/** Cognito: tokens have no `aud`, so the client is checked. `token_use` tells access tokens from ID tokens. */
export const cognito = z.object({
  sub: z.string(),
  token_use: z.literal('access'),
  client_id: z.enum(['1example23456789']),
})

/** Keycloak: `typ` tells access tokens from ID tokens, and `azp` names the client. The realm roles become the scope. */
export const keycloak = z
  .object({
    sub: z.string(),
    typ: z.literal('Bearer'),
    azp: z.enum(['web-app']),
    realm_access: z.object({ roles: z.array(z.string()) }),
  })
  .transform(({ realm_access, ...claims }) => ({ ...claims, scope: realm_access.roles }))

/** Clerk: tokens have no `aud`, so the origin of the sign-in is checked. `pending` users have not finished signing in. */
export const clerk = z.object({
  sub: z.string(),
  azp: z.enum(['https://app.example.com']),
  sts: z.literal('active').optional(),
})
