import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as z from 'zod'

import type { IssuerSessionConfig } from '../issue/session-tokens.ts'
import type { TokenRouterConfig } from '../issue/token-router.ts'
import { hmacAlgorithms, keyPairAlgorithms } from '../keys/algorithms.ts'
import type { Retfunc } from '../outcome/report-outcome.ts'
import { checkOptions } from '../schema/check-options.ts'
import { expectedClaimsShape, resolveExpectedClaims } from '../schema/expected-claims.ts'
import { boundedLookup, boundedStore, type SessionLookup } from '../sessions/bounded-store.ts'
import type { SessionConfig } from '../sessions/session-liveness.ts'
import type { SessionStore } from '../sessions/session-store.ts'
import { durationSchema } from '../time/duration.ts'
import type { VerifyConfig } from '../verify/verify-config.ts'
import type {
  CommonOptions,
  JwtTrivialOptions,
  JwtVerifierOptions,
  SessionOptions,
  VerifierSessionOptions,
} from './options.ts'
import { resolveIssuerKeys, resolveVerifierKeys, type IssuerKeys } from './resolve-keys.ts'

/** A schema for each option of an interface, except those of another one. */
type SchemasOf<Options, Except = object> = Record<Exclude<keyof Options, keyof Except>, z.ZodType>

const functionSchema = <F>(description = 'a function'): z.ZodType<F> =>
  z.custom<F>((value) => typeof value === 'function').describe(description)

const storeSchema = <Store>(...methods: (keyof Store & string)[]): z.ZodType<Store> =>
  z
    .custom<Store>((store) => {
      if (typeof store !== 'object' || store === null) return false
      return methods.every((name) => typeof (store as Record<string, unknown>)[name] === 'function')
    })
    .describe('a session store: memorySessions(), redisSessions(client), postgresSessions(pool) or your own')

const secondsSchema = (max: number): z.ZodNumber =>
  z.number().min(0).max(max).describe(`a number of seconds from 0 to ${max}`)

const standardSchema = z
  .custom<StandardSchemaV1>(
    (value) => (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value,
  )
  .describe('a Standard Schema (zod, valibot, arktype …)')

const algorithm = z.enum([...hmacAlgorithms, ...keyPairAlgorithms])
const [hmacNames, keyPairNames] = [hmacAlgorithms.join(', '), keyPairAlgorithms.join(', ')]

const verifierSessionsSchema = z.strictObject({
  store: storeSchema<SessionLookup>('isLive'),
  cacheSeconds: secondsSchema(3_600).default(0),
} satisfies SchemasOf<VerifierSessionOptions>)

const sessionsSchema = verifierSessionsSchema.extend({
  store: storeSchema<SessionStore>('start', 'isLive', 'rotate', 'end', 'endAll'),
  reauthorise: functionSchema<IssuerSessionConfig['reauthorise']>(
    'a function that returns claims or true to renew a session, and false to end it',
  ),
  expiresIn: durationSchema.default(30 * 86_400),
  grace: secondsSchema(300).default(10),
} satisfies SchemasOf<SessionOptions, { cacheSeconds: unknown }>)

/** Keys are checked later, by `resolveIssuerKeys` and `resolveVerifierKeys`. */
const keySchema = z.unknown().optional()
const publicKeysSchema = z.array(z.unknown()).describe('an array of public JWKs').optional()

const commonSchema = z.strictObject({
  passphrase: keySchema,
  algorithms: z
    .array(algorithm)
    .min(1)
    .describe(`an array of one or more of ${hmacNames}; or, with keys, of ${keyPairNames}`)
    .optional(),
  ...expectedClaimsShape,
  retfunc: functionSchema<Retfunc>().optional(),
  clockTolerance: secondsSchema(300).default(0),
  claims: standardSchema.optional(),
  verifiedTokens: z.int().min(0).max(10_000_000).describe('a whole number from 0 to 10000000').default(1_000),
  clock: functionSchema<() => Date>('a function that returns a Date').optional(),
} satisfies SchemasOf<CommonOptions<object, unknown>>)

const verifierSchema = commonSchema.extend({
  publicKeys: publicKeysSchema,
  jwks: keySchema,
  audience: expectedClaimsShape.audience.nullable(),
  expiresIn: z.literal('never').describe("'never', or left out").optional(),
  sessions: verifierSessionsSchema.describe('an object of options').optional(),
} satisfies SchemasOf<JwtVerifierOptions, CommonOptions<object, unknown>>)

const trivialSchema = commonSchema.extend({
  privateKey: keySchema,
  publicKeys: publicKeysSchema,
  audience: expectedClaimsShape.audience,
  algorithm: algorithm.describe(`one of ${hmacNames}; with a \`privateKey\`, its \`alg\` or left out`).optional(),
  expiresIn: z
    .union([z.literal('never'), durationSchema])
    .describe(`${durationSchema.description}; or 'never'`)
    .default(15 * 60),
  credentials: standardSchema.optional(),
  authorise: functionSchema<TokenRouterConfig['authorise']>(
    'a function that returns claims or true to issue a token, and false to refuse',
  ),
  sessions: sessionsSchema.describe('an object of options').optional(),
} satisfies SchemasOf<JwtTrivialOptions, CommonOptions<object, unknown>>)

/** The resolved options of `createJwtVerifier`. */
export interface VerifierConfig extends VerifyConfig {
  readonly retfunc: Retfunc | undefined
  /** Undefined if sessions are not checked. */
  readonly sessions: SessionConfig | undefined
}

/** The resolved options of `createJwtTrivial`. */
export interface TrivialConfig extends VerifierConfig, TokenRouterConfig, IssuerKeys {
  readonly sessions: IssuerSessionConfig | undefined
}

/**
 * Checks and copies the options of `createJwtVerifier`.
 *
 * @throws {TypeError} for an unknown option, an invalid value, or a key that cannot be used
 */
export function resolveVerifierOptions(options: unknown): VerifierConfig {
  const owner = 'createJwtVerifier'
  const checked = checkOptions(owner, options, verifierSchema)
  const { audience, sessions } = checked
  if (checked.jwks !== undefined) requireForProvider(owner, checked)
  return Object.freeze({
    ...resolveCommon({ ...checked, audience: audience ?? undefined }),
    keys: resolveVerifierKeys(owner, checked),
    sessions: sessions && { ...sessions, store: boundedLookup(sessions.store) },
  })
}

/** A provider signs tokens for many services, so the options that tell them apart must be written. */
function requireForProvider(owner: string, { issuer, audience, claims }: z.infer<typeof verifierSchema>): void {
  const missing = (problem: string) => new TypeError(`${owner}: ${problem}`)
  if (issuer === undefined) throw missing("`issuer` is required with `jwks`; pass the provider's `iss`")
  if (audience === undefined)
    throw missing("`audience` is required with `jwks`; pass null if the provider's access tokens have no `aud`")
  if (audience === null && !claims)
    throw missing('`claims` is required with `audience: null`; pass a schema that checks `client_id` or `azp`')
}

/**
 * Checks and copies the options of `createJwtTrivial`.
 *
 * @throws {TypeError} as `resolveVerifierOptions`, and if the signing key cannot serve `algorithm`
 */
export function resolveTrivialOptions(options: unknown): TrivialConfig {
  const owner = 'createJwtTrivial'
  const checked = checkOptions(owner, options, trivialSchema)
  const { expiresIn, credentials, authorise, sessions } = checked
  return Object.freeze({
    ...resolveCommon(checked),
    ...resolveIssuerKeys(owner, checked),
    expiresInSeconds: expiresIn === 'never' ? null : expiresIn,
    credentials,
    authorise,
    sessions: sessions && resolveSessions(sessions),
  })
}

const resolveSessions = (sessions: z.infer<typeof sessionsSchema>): IssuerSessionConfig => ({
  store: boundedStore(sessions.store),
  reauthorise: sessions.reauthorise,
  expiresInSeconds: sessions.expiresIn,
  graceSeconds: sessions.grace,
  cacheSeconds: sessions.cacheSeconds,
})

type CheckedOptions = z.infer<typeof commonSchema> & { expiresIn?: 'never' | number | undefined }

function resolveCommon(options: CheckedOptions): Omit<VerifierConfig, 'keys' | 'sessions'> {
  const { clock, claims, verifiedTokens, retfunc } = options
  return {
    ...resolveExpectedClaims(options),
    claims,
    verifiedTokens,
    retfunc,
    clockToleranceSeconds: options.clockTolerance,
    expRequired: options.expiresIn !== 'never',
    nowSeconds: () => (clock ? clock().getTime() : Date.now()) / 1_000,
  }
}
