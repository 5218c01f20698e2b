import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as z from 'zod'

import { checkOptions } from '../schema/check-options.ts'
import { durationMust, durationSchema } from '../time/duration.ts'
import type { IssueConfig } from '../issue/sign-token.ts'
import type { PublicKeySet } from '../keys/jwk.ts'
import { hmacAlgorithms, keyPairAlgorithms, type KeySource } from '../keys/algorithms.ts'
import type { SessionConfig } from '../sessions/live-sessions.ts'
import type { Retfunc } from '../outcome/report.ts'
import { recipientMusts, expectedClaimsShape, resolveExpectedClaims } from '../schema/expected-claims.ts'
import { resolveIssuerKeys, resolveVerifierKeys } from './resolve-keys.ts'
import { resolveAskableSessions, resolveRenewableSessions, type RenewableConfig } from './resolve-sessions.ts'
import type { VerifyConfig } from '../verify/verify-token.ts'

const MAX_CLOCK_TOLERANCE = 300
const DEFAULT_EXPIRES_IN = 15 * 60

const DEFAULT_VERIFIED_TOKENS = 1_000
const MAX_VERIFIED_TOKENS = 10_000_000

const algorithm = z.enum([...hmacAlgorithms, ...keyPairAlgorithms])
const anyFunction = <F>(): z.ZodType<F> => z.custom<F>((value) => typeof value === 'function')
const standardSchema = z.custom<StandardSchemaV1>(
  (value) => (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value,
)

const commonSchema = z.strictObject({
  passphrase: z.unknown().optional(),
  publicKeys: z.array(z.unknown()).optional(),
  algorithms: z.array(algorithm).min(1).optional(),
  ...expectedClaimsShape,
  retfunc: anyFunction<Retfunc>().optional(),
  clockTolerance: z.number().min(0).max(MAX_CLOCK_TOLERANCE).optional(),
  claims: standardSchema.optional(),
  verifiedTokens: z.int().min(0).max(MAX_VERIFIED_TOKENS).optional(),
  sessions: z.unknown().optional(),
  clock: anyFunction<() => Date>().optional(),
})

const verifierSchema = commonSchema.extend({
  jwks: z.unknown().optional(),
  audience: expectedClaimsShape.audience.nullable(),
  expiresIn: z.literal('never').optional(),
})

const trivialSchema = commonSchema.extend({
  privateKey: z.unknown().optional(),
  algorithm: algorithm.optional(),
  expiresIn: z.union([z.literal('never'), durationSchema]).optional(),
  credentials: standardSchema.optional(),
  authorise: anyFunction<Authorise>(),
})

const commonMusts: Record<keyof typeof commonSchema.shape, string> = {
  passphrase: 'text, bytes or a list of them',
  publicKeys: 'a list of public JWKs',
  algorithms: `a list of one or more of ${hmacAlgorithms.join(', ')}; or, with keys, of ${keyPairAlgorithms.join(', ')}`,
  ...recipientMusts,
  retfunc: 'a function',
  clockTolerance: `a number of seconds from 0 to ${MAX_CLOCK_TOLERANCE}`,
  claims: 'a Standard Schema (zod, valibot, arktype …)',
  verifiedTokens: `a whole number from 0 to ${MAX_VERIFIED_TOKENS}`,
  sessions: 'an object of options',
  clock: 'a function that returns a Date',
}

const verifierMusts: Record<keyof typeof verifierSchema.shape, string> = {
  ...commonMusts,
  jwks: 'the https address of a key set, or a key set',
  expiresIn: "'never', or left out",
}

const trivialMusts: Record<keyof typeof trivialSchema.shape, string> = {
  ...commonMusts,
  privateKey: 'a private JWK',
  algorithm: `one of ${hmacAlgorithms.join(', ')} (others need a key pair, not a passphrase)`,
  expiresIn: `${durationMust}; or 'never'`,
  credentials: 'a Standard Schema (zod, valibot, arktype …)',
  authorise: 'a function that answers claims or true to issue a token, and false to refuse',
}

type Authorise = (opts: { input: unknown; ctx: object }) => unknown

/** What a verifier runs on. */
export interface VerifierConfig extends VerifyConfig {
  readonly retfunc: Retfunc | undefined
  /** Undefined: no token is asked for its session. */
  readonly sessions: SessionConfig | undefined
}

/** What an issuer runs on, beside its verifier. */
export interface TrivialConfig extends VerifierConfig, IssueConfig {
  readonly publicKeySet: PublicKeySet | undefined
  readonly credentials: StandardSchemaV1 | undefined
  readonly authorise: Authorise
  readonly sessions: RenewableConfig | undefined
}

/**
 * Checks and copies the options of `createJwtVerifier`.
 *
 * @throws {TypeError} for an unknown option, a bad value, a key that is none
 */
export function resolveVerifierOptions(options: unknown): VerifierConfig {
  const owner = 'createJwtVerifier'
  const { audience, ...checked } = checkOptions(owner, options, { schema: verifierSchema, musts: verifierMusts })
  if (checked.jwks !== undefined) requireForProvider(owner, { ...checked, audience })
  const { sessions } = checked
  return Object.freeze({
    ...resolveCommon({ ...checked, audience: audience ?? undefined }, resolveVerifierKeys(owner, checked)),
    sessions: sessions === undefined ? undefined : resolveAskableSessions(owner, sessions),
  })
}

/** What comes from elsewhere must be asked for by name: a provider signs tokens for many services. */
function requireForProvider(
  owner: string,
  { issuer, audience, claims }: Partial<z.infer<typeof verifierSchema>>,
): void {
  if (issuer === undefined) throw new TypeError(`${owner}: \`jwks\` needs \`issuer\`, the provider's \`iss\``)
  if (audience === undefined) {
    throw new TypeError(`${owner}: \`jwks\` needs \`audience\`, or null where the provider's access tokens carry none`)
  }
  if (audience === null && !claims) {
    throw new TypeError(`${owner}: \`audience: null\` needs a \`claims\` schema that checks \`client_id\` or \`azp\``)
  }
}

/**
 * Checks and copies the options of `createJwtTrivial`.
 *
 * @throws {TypeError} as `resolveVerifierOptions`, and where `algorithm` is none that the signing key can serve
 */
export function resolveTrivialOptions(options: unknown): TrivialConfig {
  const owner = 'createJwtTrivial'
  const checked = checkOptions(owner, options, { schema: trivialSchema, musts: trivialMusts })
  const { keys, signingKey, publicKeySet } = resolveIssuerKeys(owner, checked)
  const { expiresIn = DEFAULT_EXPIRES_IN } = checked
  return Object.freeze({
    ...resolveCommon(checked, keys),
    signingKey,
    publicKeySet,
    expiresIn: expiresIn === 'never' ? null : expiresIn,
    credentials: checked.credentials,
    authorise: checked.authorise,
    sessions: checked.sessions === undefined ? undefined : resolveRenewableSessions(owner, checked.sessions),
  })
}

type CheckedOptions = z.infer<typeof commonSchema> & { expiresIn?: 'never' | number | undefined }

function resolveCommon(options: CheckedOptions, keys: KeySource): Omit<VerifierConfig, 'sessions'> {
  const { clock } = options
  return {
    keys,
    ...resolveExpectedClaims(options),
    claims: options.claims,
    clockTolerance: options.clockTolerance ?? 0,
    neverExpires: options.expiresIn === 'never',
    verifiedTokens: options.verifiedTokens ?? DEFAULT_VERIFIED_TOKENS,
    now: () => (clock ? clock().getTime() : Date.now()) / 1000,
    retfunc: options.retfunc,
  }
}
