import { createContext, type BearerContext } from './bearer/create-context.ts'
import type { JwtVerifierOptions } from './config/options.ts'
import { resolveVerifierOptions, type VerifierConfig } from './config/resolve-options.ts'
import { createCallGuard } from './guard/guard-call.ts'
import { createStreamGuard } from './guard/guard-stream.ts'
import { createProtect, type Protect, type ProtectedProcedure } from './guard/protect.ts'
import { resolveRequirements } from './guard/requirements.ts'
import { createReporter, type Reporter } from './outcome/report-outcome.ts'
import { createResponseMeta, type ResponseMeta } from './outcome/response-meta.ts'
import { createSessionLiveness, type SessionLiveness } from './sessions/session-liveness.ts'
import type { Claims, UntypedClaims } from './verify/claim-types.ts'

/** What `createJwtVerifier` returns: everything that a service needs that accepts tokens and issues none. */
export interface JwtVerifier<ClaimsOut = UntypedClaims> {
  /** Finds the bearer token of a request. Pass it to your adapter, or spread its result into your own context. */
  createContext: (opts?: unknown) => BearerContext
  /** Verifies the bearer token and puts its claims into `ctx.jwt`. The same as `protect()`. */
  protectedProcedure: ProtectedProcedure<Claims<ClaimsOut>>
  /** Makes a `protectedProcedure` that requires more: a scope, a recent sign-in, another audience. Or less: `optional`. */
  protect: Protect<ClaimsOut>
  /**
   * Verifies a token that did not come with a call, and returns its claims.
   *
   * @throws {TRPCError} the rejection, with its reason in `cause`
   */
  verify: (token: string) => Promise<Claims<ClaimsOut>>
  /** Adds the `WWW-Authenticate` challenge to responses with rejected calls. Pass it to your adapter. */
  responseMeta: ResponseMeta
}

/**
 * Makes the verifier for a service that accepts tokens and issues none. It verifies with the issuer's passphrase, with public
 * keys, or with an identity provider's key set.
 *
 * @throws {TypeError} that names the option and the fix, if an option is unknown or invalid
 *
 * @example
 * ```ts
 * const jwt = createJwtVerifier({
 *   jwks: 'https://id.example.com/.well-known/jwks.json',
 *   issuer: 'https://id.example.com/',
 *   audience: 'https://api.example.com',
 *   algorithms: ['RS256'],
 * })
 * ```
 */
export function createJwtVerifier<ClaimsIn extends object = UntypedClaims, ClaimsOut = UntypedClaims>(
  options: JwtVerifierOptions<ClaimsIn, ClaimsOut>,
): JwtVerifier<ClaimsOut> {
  const config = resolveVerifierOptions(options)
  const reporter = createReporter(config.retfunc)
  const live = config.sessions && createSessionLiveness(config.sessions, config.nowSeconds)
  return assembleVerifier<ClaimsOut>({ config, reporter, live })
}

/** What the parts of a verifier share. */
export interface VerifierParts {
  readonly config: VerifierConfig
  readonly reporter: Reporter
  /** Undefined without sessions. */
  readonly live: SessionLiveness | undefined
}

/** Puts a verifier together. `createJwtTrivial` adds an issuer to it. */
export function assembleVerifier<ClaimsOut>(parts: VerifierParts): JwtVerifier<ClaimsOut> {
  const { config, reporter } = parts
  const callGuard = createCallGuard(parts)
  const guardStream = createStreamGuard({
    callGuard,
    reporter,
    ...config,
    cacheSeconds: config.sessions?.cacheSeconds,
  })
  const protect = createProtect<ClaimsOut>({ callGuard, guardStream, instance: config })
  const requiredByDefault = resolveRequirements({}, config)
  return {
    createContext,
    protectedProcedure: protect(),
    protect,
    async verify(token) {
      const admission = await callGuard.admit({ status: 'present', token }, requiredByDefault, {})
      return admission?.claims as Claims<ClaimsOut>
    },
    responseMeta: createResponseMeta(),
  }
}
