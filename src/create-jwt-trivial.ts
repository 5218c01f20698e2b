import type { BearerContext } from './bearer/create-context.ts'
import type { UntypedClaims } from './verify/claims.ts'
import { createAccessTokenIssuer, type CreateAccessToken } from './issue/create-access-token.ts'
import { assembleVerifier, type JwtVerifier } from './create-jwt-verifier.ts'
import { createLiveSessions } from './sessions/live-sessions.ts'
import type { ClaimsFor, JwtTrivialOptions, SessionOptions } from './config/options.ts'
import type { PublicKeySet } from './keys/jwk.ts'
import { createReporter, type Reporter } from './outcome/report.ts'
import { createSessionTokens, type SessionTokens } from './issue/session-tokens.ts'
import { resolveTrivialOptions } from './config/resolve-options.ts'
import { createResponseMeta } from './outcome/response-meta.ts'
import { createTokenRouter, type TokenRouter } from './issue/token-router.ts'

/** A verifier and an issuer in one. */
export interface JwtIssuer<
  ClaimsIn = UntypedClaims,
  ClaimsOut = UntypedClaims,
  CredentialsIn = void,
  Renewable extends boolean = false,
> extends JwtVerifier<ClaimsOut> {
  /** The router that issues tokens once `authorise` says yes: nest it or merge it into yours. */
  tokenRouter: TokenRouter<CredentialsIn, Renewable>
  /** Signs an access token without asking `authorise`: for tests, scripts and sign-in flows of your own. */
  createAccessToken: CreateAccessToken<ClaimsIn>
  /**
   * The public halves of the keys, for `/.well-known/jwks.json` (RFC 7517 5): what `createJwtVerifier({ jwks })` reads.
   *
   * @throws {TypeError} where tokens are signed by a passphrase, which has no public half
   */
  jwks: () => PublicKeySet
}

/** What sessions add: ending them from the server's side. */
export interface SessionControls {
  /** Ends a session, and its tokens with it. One that is over already is no error. */
  endSession: (sid: string) => Promise<void>
  /** Ends all sessions of a subject, but for the one named: "log out everywhere else". */
  endSessions: (sub: string, options?: { except?: string | undefined }) => Promise<void>
}

/** What `createJwtTrivial` makes. */
export type JwtTrivial<
  ClaimsIn = UntypedClaims,
  ClaimsOut = UntypedClaims,
  CredentialsIn = void,
  Renewable extends boolean = false,
> = JwtIssuer<ClaimsIn, ClaimsOut, CredentialsIn, Renewable> & ([Renewable] extends [true] ? SessionControls : object)

/**
 * Makes the three pieces that give a tRPC API bearer tokens: `createContext`, `protectedProcedure`, `tokenRouter`.
 *
 * @throws {TypeError} that names the option and the fix, where an option is unknown or bad
 */
export function createJwtTrivial<
  ClaimsIn extends object = UntypedClaims,
  ClaimsOut = UntypedClaims,
  CredentialsIn = void,
  CredentialsOut = undefined,
  Context extends object = BearerContext,
  const Authorised extends ClaimsFor<ClaimsIn> = false,
  const Reauthorised extends ClaimsFor<ClaimsIn> = false,
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
  const live = config.sessions && createLiveSessions(config.sessions, config.now)
  const tokens = config.sessions && live && createSessionTokens({ config, sessions: config.sessions, live })
  const tokenRouter = createTokenRouter({ config, reporter, tokens })
  return {
    ...assembleVerifier<ClaimsOut>({ config, reporter, live }),
    tokenRouter,
    createAccessToken: createAccessTokenIssuer<ClaimsIn>({ config, reporter, tokens }),
    jwks: () => publish(config.publicKeySet),
    responseMeta: createResponseMeta(new Set(Object.values(tokenRouter._def.procedures))),
    ...(tokens && sessionControls(tokens, reporter)),
  } as JwtTrivial<ClaimsIn, ClaimsOut, CredentialsIn, undefined extends Sessions ? false : true>
}

function sessionControls(tokens: SessionTokens, reporter: Reporter): SessionControls {
  return {
    endSession: (sid) => reporter.refusing(undefined, () => tokens.end(sid)),
    endSessions: (sub, { except } = {}) => reporter.refusing(undefined, () => tokens.endAll(sub, except)),
  }
}

function publish(publicKeySet: PublicKeySet | undefined): PublicKeySet {
  if (publicKeySet) return structuredClone(publicKeySet)
  throw new TypeError('jwks: a `passphrase` has no public half; sign with a `privateKey` to publish one')
}
