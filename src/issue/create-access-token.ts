import * as z from 'zod'

import { identityOf, type Reporter } from '../outcome/report-outcome.ts'
import { checkOptions } from '../schema/check-options.ts'
import { expectedClaimsShape, resolveExpectedClaims } from '../schema/expected-claims.ts'
import { durationSchema, type Duration } from '../time/duration.ts'
import type { UntypedClaims } from '../verify/claim-types.ts'
import { issueAccessToken } from './issue-access-token.ts'
import type { OwnClaims } from './authorised-claims.ts'
import { prepareClaims } from './prepare-claims.ts'
import type { SessionTokens } from './session-tokens.ts'
import type { IssueConfig } from './sign-token.ts'

/** Options of one token, which replace the options of the instance. */
export interface AccessTokenOptions {
  /** The lifetime (the instance's). */
  expiresIn?: Duration | undefined
  /** The audience (the instance's). */
  audience?: string | readonly string[] | undefined
  /** The issuer (the instance's). */
  issuer?: string | undefined
  /** The subject (the instance's). */
  subject?: string | undefined
  /**
   * With sessions: the session that the token joins. It must be a session of the same `sub` (a new session). Joining is no
   * sign-in, so the token has no `auth_time`, and `protect({ maxAge })` rejects it.
   */
  sid?: string | undefined
}

/**
 * Signs an access token and returns it.
 *
 * @throws {TypeError} that names the claim or the option, if the instance would not accept the token
 * @throws {TRPCError} with sessions: the rejection `unavailable`, if the store fails
 */
export type CreateAccessToken<ClaimsIn = UntypedClaims> = (
  claims: OwnClaims<ClaimsIn>,
  options?: AccessTokenOptions,
) => Promise<string>

const schema = z.strictObject({
  expiresIn: durationSchema.optional(),
  sid: z.string().min(1).describe('the `sid` of a live session').optional(),
  ...expectedClaimsShape,
} satisfies Record<keyof AccessTokenOptions, z.ZodType>)

interface Dependencies {
  readonly config: IssueConfig
  readonly reporter: Reporter
  /** Undefined without sessions. */
  readonly tokens: SessionTokens | undefined
}

/** Makes the `createAccessToken` of an instance. It signs before it starts a session. */
export function createAccessTokenIssuer<ClaimsIn>({
  config,
  reporter,
  tokens,
}: Dependencies): CreateAccessToken<ClaimsIn> {
  return async (claims, options = {}) => {
    const { sid, expiresIn, ...expected } = checkOptions('createAccessToken', options, schema)
    if (sid !== undefined && !tokens) throw new TypeError('createAccessToken: `sid` needs the `sessions` option')
    const tokenConfig: IssueConfig = {
      ...config,
      ...resolveExpectedClaims(expected, config),
      expiresInSeconds: expiresIn ?? config.expiresInSeconds,
    }
    const prepared = await prepareClaims(claims, tokenConfig)
    const session = tokens?.sessionFor(prepared, sid)
    const { token, payload } = await issueAccessToken(prepared, tokenConfig, session)
    const call = { path: undefined, ...identityOf(payload) }
    if (tokens && session && sid === undefined) await reporter.rejecting(call, () => tokens.startSession(session))
    reporter.report({ type: 'issued', ...call })
    return token
  }
}
