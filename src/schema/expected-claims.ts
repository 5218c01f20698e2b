import * as z from 'zod'

/**
 * Expected `iss`, `aud` and `sub`. Undefined ones are not checked, but a token with an `aud` is rejected if no audience is
 * configured (RFC 7519 4.1.3).
 */
export interface ExpectedClaims {
  readonly audience: readonly string[] | undefined
  readonly issuer: string | undefined
  readonly subject: string | undefined
}

const nonEmptyString = z.string().min(1).describe('a non-empty string')

/** The options that set `ExpectedClaims`, as members of a zod schema. */
export const expectedClaimsShape: {
  audience: z.ZodOptional<z.ZodType<string[]>>
  issuer: z.ZodOptional<z.ZodString>
  subject: z.ZodOptional<z.ZodString>
} = {
  audience: z
    .union([z.array(nonEmptyString).min(1), nonEmptyString.transform((one) => [one])])
    .describe('a non-empty string, or an array of them')
    .optional(),
  issuer: nonEmptyString.optional(),
  subject: nonEmptyString.optional(),
}

/** The claims that `options` expect, and the instance's where they leave one out. */
export const resolveExpectedClaims = (options: Partial<ExpectedClaims>, instance?: ExpectedClaims): ExpectedClaims => ({
  audience: options.audience ?? instance?.audience,
  issuer: options.issuer ?? instance?.issuer,
  subject: options.subject ?? instance?.subject,
})
