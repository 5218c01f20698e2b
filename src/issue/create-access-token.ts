import * as z from 'zod'

import { checkOptions } from '../schema/check-options.ts'
import type { UntypedClaims } from '../verify/claims.ts'
import { durationMust, durationSchema, type Duration } from '../time/duration.ts'
import { issueAccessToken, type IssueConfig } from './sign-token.ts'
import type { OwnClaims } from '../config/options.ts'
import { identityOf, type Reporter } from '../outcome/report.ts'
import { prepareClaims } from './prepare-claims.ts'
import { recipientMusts, expectedClaimsShape, resolveExpectedClaims } from '../schema/expected-claims.ts'
import type { SessionTokens } from './session-tokens.ts'

/** What one token may have otherwise than the instance's options say. */
export interface AccessTokenOptions {
  /** Its lifetime (the instance's). */
  expiresIn?: Duration | undefined
  /** Whom it is for (the instance's). */
  audience?: string | readonly string[] | undefined
  /** Who issued it (the instance's). */
  issuer?: string | undefined
  /** Whom it speaks of (the instance's). */
  subject?: string | undefined
  /** With sessions: the session that it joins, which must be that of the same `sub` (a new one). */
  sid?: string | undefined
}

/**
 * Signs an access token and gives its text.
 *
 * @throws {TypeError} that names the claim or the option, where the instance would not accept what it issued
 */
export type CreateAccessToken<ClaimsIn = UntypedClaims> = (
  claims: OwnClaims<ClaimsIn>,
  options?: AccessTokenOptions,
) => Promise<string>

const schema = z.strictObject({
  expiresIn: durationSchema.optional(),
  sid: z.string().min(1).optional(),
  ...expectedClaimsShape,
})

const musts: Record<keyof typeof schema.shape, string> = {
  expiresIn: durationMust,
  sid: 'the `sid` of a session that is live',
  ...recipientMusts,
}

interface Dependencies {
  readonly config: IssueConfig
  readonly reporter: Reporter
  /** Undefined without sessions. */
  readonly tokens: SessionTokens | undefined
}

/** Makes the `createAccessToken` of an instance: prepares the claims, signs, and only then begins a session. */
export function createAccessTokenIssuer<ClaimsIn>({
  config,
  reporter,
  tokens,
}: Dependencies): CreateAccessToken<ClaimsIn> {
  return async (claims, options = {}) => {
    const { sid, ...asked } = checkOptions('createAccessToken', options, { schema, musts })
    if (sid !== undefined && !tokens) throw new TypeError('createAccessToken: `sid` goes with the `sessions` option')
    const own: IssueConfig = {
      ...config,
      ...resolveExpectedClaims(asked, config),
      expiresIn: asked.expiresIn ?? config.expiresIn,
    }
    const prepared = await prepareClaims(claims, own)
    const session = tokens?.sessionOf(prepared, sid)
    const { token, payload } = await issueAccessToken(prepared, own, session)
    if (tokens && session && sid === undefined) await reporter.refusing(undefined, () => tokens.begin(session))
    reporter.report({ type: 'issued', path: undefined, ...identityOf(payload) })
    return token
  }
}
