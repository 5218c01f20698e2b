import { createContext, type BearerContext } from './bearer/create-context.ts'
import type { Claims, UntypedClaims } from './verify/claims.ts'
import { createCallGuard } from './guard/guard-call.ts'
import { createLiveSessions, type LiveSessions } from './sessions/live-sessions.ts'
import type { JwtVerifierOptions } from './config/options.ts'
import { createReporter, type Reporter } from './outcome/report.ts'
import { createProtect, type Protect, type ProtectedProcedure } from './guard/protect.ts'
import { resolveRequirements } from './guard/requirements.ts'
import { resolveVerifierOptions, type VerifierConfig } from './config/resolve-options.ts'
import { createResponseMeta, type ResponseMeta } from './outcome/response-meta.ts'
import { createStreamGuard } from './guard/guard-stream.ts'

/** The accepting half: what a service needs that takes tokens and issues none. */
export interface JwtVerifier<ClaimsOut = UntypedClaims> {
  /** Finds the bearer token in what an adapter hands over; give it to the adapter, or spread its answer into your context. */
  createContext: (opts?: unknown) => BearerContext
  /** Verifies the bearer token and puts its claims into `ctx.jwt`. The same as `protect()`. */
  protectedProcedure: ProtectedProcedure<Claims<ClaimsOut>>
  /** A `protectedProcedure` that asks more of a token: a scope, a recent sign-in, another audience; or less: `optional`. */
  protect: Protect<ClaimsOut>
  /**
   * Verifies a token that came some other way than by a call.
   *
   * @throws {TRPCError} the rejection, with its reason in `cause`
   */
  verify: (token: string) => Promise<Claims<ClaimsOut>>
  /** Answers refusals with their challenge; give it to the adapter. */
  responseMeta: ResponseMeta
}

/**
 * Makes the accepting half, for a service that shares the issuer's passphrase.
 *
 * @throws {TypeError} that names the option and the fix, where an option is unknown or bad
 */
export function createJwtVerifier<ClaimsIn extends object = UntypedClaims, ClaimsOut = UntypedClaims>(
  options: JwtVerifierOptions<ClaimsIn, ClaimsOut>,
): JwtVerifier<ClaimsOut> {
  const config = resolveVerifierOptions(options)
  return assembleVerifier<ClaimsOut>({
    config,
    reporter: createReporter(config.retfunc),
    live: config.sessions && createLiveSessions(config.sessions, config.now),
  })
}

/** What the parts of a verifier share. */
export interface VerifierParts<Config extends VerifierConfig = VerifierConfig> {
  readonly config: Config
  readonly reporter: Reporter
  /** Undefined without sessions. */
  readonly live: LiveSessions | undefined
}

/** Puts the accepting half together; `createJwtTrivial` adds the issuing one. */
export function assembleVerifier<ClaimsOut>(parts: VerifierParts): JwtVerifier<ClaimsOut> {
  const { config, reporter } = parts
  const gate = createCallGuard(parts)
  const keeper = createStreamGuard({ gate, reporter, ...config, cacheSeconds: config.sessions?.cacheSeconds })
  const protect = createProtect<ClaimsOut>({ gate, keeper, instance: config })
  const requirements = resolveRequirements({}, config)
  return {
    createContext,
    protectedProcedure: protect(),
    protect,
    async verify(token) {
      const admission = await gate.admit({ status: 'present', token }, requirements, {})
      return admission?.claims as Claims<ClaimsOut>
    },
    responseMeta: createResponseMeta(),
  }
}
