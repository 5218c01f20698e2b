import type { JWTPayload } from 'jose'
import * as z from 'zod'

import { JwtRejection } from '../outcome/rejection.ts'

/** Whom a token must come from, be for and speak of. What is undefined is not asked for, except that an `aud` must be expected. */
export interface ExpectedClaims {
  readonly audience: readonly string[] | undefined
  readonly issuer: string | undefined
  readonly subject: string | undefined
}

const text = z.string().min(1)

/** The options that name a recipient, as a zod shape. */
export const expectedClaimsShape: {
  audience: z.ZodOptional<z.ZodType<string[]>>
  issuer: z.ZodOptional<z.ZodString>
  subject: z.ZodOptional<z.ZodString>
} = {
  audience: z.union([z.array(text).min(1), text.transform((one) => [one])]).optional(),
  issuer: text.optional(),
  subject: text.optional(),
}

/** What those options must be. */
export const recipientMusts: Record<keyof ExpectedClaims, string> = {
  audience: 'a text or a list of texts, none of them empty',
  issuer: 'a text that is not empty',
  subject: 'a text that is not empty',
}

/** The recipient that options name, filled up with the instance's. */
export function resolveExpectedClaims(asked: Partial<ExpectedClaims>, instance?: ExpectedClaims): ExpectedClaims {
  return {
    audience: asked.audience ?? instance?.audience,
    issuer: asked.issuer ?? instance?.issuer,
    subject: asked.subject ?? instance?.subject,
  }
}

/**
 * `iss`, `aud`, `sub` (RFC 7519 4.1.1 to 4.1.3): exact, texts only.
 *
 * @throws {JwtRejection} `wrong_issuer`, `wrong_audience`, `wrong_subject`, `invalid_claims`
 */
export function checkRecipient(payload: JWTPayload, { issuer, audience, subject }: ExpectedClaims): void {
  const { iss, aud, sub, jti, sid } = payload as Record<string, unknown>
  if (issuer !== undefined && iss !== issuer) throw new JwtRejection('wrong_issuer')
  if (!isMeantFor(aud, audience)) throw new JwtRejection('wrong_audience')
  if (![iss, sub, jti, sid].every(isTextOrAbsent)) throw new JwtRejection('invalid_claims')
  if (subject !== undefined && sub !== subject) throw new JwtRejection('wrong_subject')
}

const isTextOrAbsent = (value: unknown): boolean => value === undefined || typeof value === 'string'

/** A token that names an audience is for nobody else, also where none is configured. */
function isMeantFor(aud: unknown, audience: readonly string[] | undefined): boolean {
  if (!audience) return aud === undefined
  const named = typeof aud === 'string' ? [aud] : aud
  return Array.isArray(named) && named.every(isTextOrAbsent) && named.some((name) => audience.includes(name))
}
