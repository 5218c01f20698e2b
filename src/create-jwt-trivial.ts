import type { BearerContext } from './bearer/create-context.ts'
import type { JwtTrivialOptions, SessionOptions } from './config/options.ts'
import { resolveTrivialOptions } from './config/resolve-options.ts'
import { assembleVerifier, type JwtVerifier } from './create-jwt-verifier.ts'
import type { ClaimsFor } from './issue/authorised-claims.ts'
import { createAccessTokenIssuer, type CreateAccessToken } from './issue/create-access-token.ts'
import { createSessionTokens, type SessionTokens } from './issue/session-tokens.ts'
import type { TokenRouter } from './issue/token-router-types.ts'
import { createTokenRouter } from './issue/token-router.ts'
import type { PublicKeySet } from './keys/jwk.ts'
import { createReporter, type Reporter } from './outcome/report-outcome.ts'
import { createResponseMeta } from './outcome/response-meta.ts'
import { createSessionLiveness } from './sessions/session-liveness.ts'
import type { UntypedClaims } from './verify/claim-types.ts'

/** A verifier and an issuer in one. */
export interface JwtIssuer<
  ClaimsIn = UntypedClaims,
  ClaimsOut = UntypedClaims,
  CredentialsIn = void,
  Renewable extends boolean = false,
> extends JwtVerifier<ClaimsOut> {
  /** The router that issues tokens if `authorise` allows it. Nest it into your router, or merge it. */
  tokenRouter: TokenRouter<CredentialsIn, Renewable>
  /** Signs an access token without calling `authorise`: for tests, scripts and sign-in flows of your own. */
  createAccessToken: CreateAccessToken<ClaimsIn>
  /**
   * Returns the public keys, for `/.well-known/jwks.json` (RFC 7517 5). `createJwtVerifier({ jwks })` reads it.
   *
   * @throws {TypeError} if a passphrase signs the tokens, because it has no public half
   */
  jwks: () => PublicKeySet
}

/** What `sessions` adds: the server can end sessions. */
export interface SessionControls {
  /** Ends a session and its tokens. If it is over already, this is no error. */
  endSession: (sid: string) => Promise<void>
  /** Ends all sessions of a subject, except the one named: "log out everywhere else". */
  endSessions: (sub: string, options?: { except?: string | undefined }) => Promise<void>
}

/** What `createJwtTrivial` returns. */
export type JwtTrivial<
  ClaimsIn = UntypedClaims,
  ClaimsOut = UntypedClaims,
  CredentialsIn = void,
  Renewable extends boolean = false,
> = JwtIssuer<ClaimsIn, ClaimsOut, CredentialsIn, Renewable> & ([Renewable] extends [true] ? SessionControls : object)

/**
 * Makes the pieces that give a tRPC API bearer tokens: `createContext`, `protectedProcedure` and `tokenRouter`.
 *
 * @throws {TypeError} that names the option and the fix, if an option is unknown or invalid
 *
 * @example
 * ```ts
 * const jwt = createJwtTrivial({
 *   passphrase: process.env.JWT_PASSPHRASE,
 *   credentials: z.object({ email: z.email(), password: z.string() }),
 *   authorise: async ({ input }) => {
 *     const user = await users.check(input.email, input.password)
 *     return user && { sub: user.id }
 *   },
 * })
 *
 * const t = initTRPC.context<typeof jwt.createContext>().create()
 * export const appRouter = t.router({
 *   token: jwt.tokenRouter,
 *   whoAmI: jwt.protectedProcedure.query(({ ctx }) => ctx.jwt.sub),
 * })
 * ```
 */
export function createJwtTrivial<
  // Inferred from the schemas alone. Inferred from what `authorise` returns, `ClaimsIn` would widen `'reader'` to string.
  ClaimsIn extends object = UntypedClaims,
  ClaimsOut = UntypedClaims,
  CredentialsIn = void,
  CredentialsOut = undefined,
  Context extends object = BearerContext,
  // `const` and a read-only constraint keep `'reader'` a literal, also in async functions and behind `&&`.
  const Authorised extends ClaimsFor<ClaimsIn> = false,
  const Reauthorised extends ClaimsFor<ClaimsIn> = false,
  // A type parameter, not an overload: overloads keep the first one's types for the functions, and hide the true message.
  // For the same reason the verifier is not an overload of this function, but `createJwtVerifier`.
  Sessions extends SessionOptions<Reauthorised, Context> | undefined = undefined,
>(
  options: JwtTrivialOptions<
    ClaimsIn,
    ClaimsOut,
    CredentialsIn,
    CredentialsOut,
    Context,
    Authorised,
    Sessions | SessionOptions<Reauthorised, Context>
  >,
): JwtTrivial<ClaimsIn, ClaimsOut, CredentialsIn, undefined extends Sessions ? false : true> {
  const config = resolveTrivialOptions(options)
  const reporter = createReporter(config.retfunc)
  const live = config.sessions && createSessionLiveness(config.sessions, config.nowSeconds)
  const tokens = config.sessions && live && createSessionTokens({ config, sessions: config.sessions, live, reporter })
  const tokenRouter = createTokenRouter({ config, reporter, tokens })
  return {
    ...assembleVerifier<ClaimsOut>({ config, reporter, live }),
    tokenRouter,
    createAccessToken: createAccessTokenIssuer<ClaimsIn>({ config, reporter, tokens }),
    jwks: () => copyOf(config.publicKeySet),
    responseMeta: createResponseMeta(new Set(Object.values(tokenRouter._def.procedures))),
    ...(tokens && sessionControls(tokens, reporter)),
  } as JwtTrivial<ClaimsIn, ClaimsOut, CredentialsIn, undefined extends Sessions ? false : true>
}

function sessionControls(tokens: SessionTokens, reporter: Reporter): SessionControls {
  return {
    endSession: (sid) => reporter.rejecting({ path: undefined, sid }, () => tokens.end(sid)),
    endSessions: (sub, { except } = {}) =>
      reporter.rejecting({ path: undefined, sub }, () => tokens.endAll(sub, except)),
  }
}

function copyOf(publicKeySet: PublicKeySet | undefined): PublicKeySet {
  if (publicKeySet) return structuredClone(publicKeySet)
  throw new TypeError('jwks: a `passphrase` has no public half; sign with a `privateKey` to publish one')
}
