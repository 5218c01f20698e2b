import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import type {
  AccessTokenOptions,
  AssertProtectedOptions,
  Bearer,
  BearerContext,
  Claims,
  ClaimsFor,
  ClientReason,
  CreateAccessToken,
  DeepReadonly,
  Duration,
  HmacAlgorithm,
  JwtAlgorithm,
  KeyPairAlgorithm,
  NamedJwk,
  PublicKeySet,
  IssueAndRenew,
  IssuedToken,
  IssueOnly,
  JwtErrorData,
  JwtIssuer,
  JwtTrivial,
  JwtTrivialOptions,
  JwtVerifier,
  JwtVerifierOptions,
  MaybePromise,
  OptionalProtectOptions,
  Outcome,
  OwnClaims,
  Passphrase,
  Protect,
  ProtectedProcedure,
  ProtectOptions,
  RegisteredClaims,
  RejectionReason,
  TokenPair,
  ResponseMeta,
  ResponseMetaOptions,
  Retfunc,
  SessionControls,
  SessionOptions,
  TokenIdentity,
  TokenRouter,
  TokenRouterTypes,
  UntypedClaims,
  VerifierSessionOptions,
} from 'trpc-jwt-trivial'

import type { reasonFor } from './client.ts'
import type { issuer, PairRouter } from './key-pair.ts'
import type { OwnRouter } from './own-context.ts'
import type { AppRouter, jwt, MergedRouter } from './server.ts'
import type { roleOf, session } from './session-client.ts'
import type { jwt as sessionJwt, SessionInputs, SessionOutputs } from './sessions.ts'
import type { ServiceRouter, reasonOf, verifier } from './service.ts'

type IsAny<T> = 0 extends 1 & T ? true : false
export type Equal<A, B> = IsAny<A> extends true ? false : [A, B] extends [B, A] ? true : false

/** Does not compile where a member is `any`. */
export type Known<T extends { [K in keyof T]: IsAny<T[K]> extends true ? never : unknown }> = T
/** Does not compile where a member is not `true`. */
export type AllTrue<T extends readonly true[]> = T

interface AnnsClaims {
  sub: string
  role: 'reader' | 'writer'
}
interface Credentials {
  email: string
  password: string
}
type App = inferRouterOutputs<AppRouter>
type Own = inferRouterOutputs<OwnRouter>
type OwnInputs = inferRouterInputs<OwnRouter>
type Service = inferRouterOutputs<ServiceRouter>

export type Seen = Known<{
  createContext: ReturnType<typeof jwt.createContext>
  claims: App['claims']
  role: App['claims']['role']
  expiry: App['claims']['exp']
  context: App['context']
  bearer: App['context']['bearer']
  contextClaims: App['context']['jwt']
  privateOutput: App['private']
  token: App['token']['create']
  mergedToken: inferRouterOutputs<MergedRouter>['create']
  credentials: OwnInputs['token']['create']
  optional: Own['whoami']
  posts: Own['posts']
  write: Own['write']
  events: Own['events']
  serviceRole: Service['role']
  serviceReports: Service['reports']['list']
  reasonOnTheServer: ReturnType<typeof reasonOf>
  reasonOnTheClient: ReturnType<typeof reasonFor>
  verified: Awaited<ReturnType<typeof verifier.verify>>
  pairOutput: inferRouterOutputs<PairRouter>['whoami']
  jwks: ReturnType<typeof issuer.jwks>
  tokenRouter: TokenRouter<Credentials>
  renewableRouter: TokenRouter<Credentials, true>
  issueOnly: IssueOnly<Credentials>['create']
  issueAndRenew: IssueAndRenew<Credentials>['refresh']
  renewed: SessionOutputs['token']['refresh']
  revocation: SessionInputs['token']['revoke']
  roleOnTheClient: ReturnType<typeof roleOf>
  claimsOnTheClient: typeof session.claims
  sessionOptions: SessionOptions<AnnsClaims>
  verifierSessionOptions: VerifierSessionOptions
  rootTypes: TokenRouterTypes
  protect: Protect<AnnsClaims>
  protectedProcedure: ProtectedProcedure<Claims<AnnsClaims>>
  options: JwtTrivialOptions<AnnsClaims, AnnsClaims, Credentials, Credentials>
  verifierOptions: JwtVerifierOptions<AnnsClaims, AnnsClaims>
  protectOptions: ProtectOptions
  optionalOptions: OptionalProtectOptions
  tokenOptions: AccessTokenOptions
  assertOptions: AssertProtectedOptions
  responseMeta: ResponseMeta
  responseMetaOptions: ResponseMetaOptions
  outcome: Outcome
  identity: TokenIdentity
  retfunc: Retfunc
  registered: RegisteredClaims
  untyped: UntypedClaims
}>

export type Right = AllTrue<
  [
    Equal<App['private'], string>,
    Equal<App['claims']['role'], 'reader' | 'writer'>,
    Equal<App['claims']['sub'], string>,
    Equal<App['claims']['exp'], number | undefined>,
    Equal<App['token']['create'], IssuedToken>,
    Equal<inferRouterOutputs<MergedRouter>['create'], IssuedToken>,
    Equal<OwnInputs['token']['create'], Credentials>,
    Equal<OwnInputs['posts'], void>,
    Equal<Own['posts'], { reader: 'reader' | 'writer'; title: string; at: Date }[]>,
    Equal<null extends Own['whoami'] ? true : false, true>,
    Equal<Own['write'], string>,
    Equal<Own['events'] extends AsyncIterable<infer Event> ? Event : never, string>,
    Equal<Service['role'], { role: string }>,
    Equal<ReturnType<typeof reasonOf>, RejectionReason | undefined>,
    Equal<ReturnType<typeof reasonFor>, ClientReason | undefined>,
    Equal<JwtErrorData['jwt'], { reason: ClientReason } | null>,
    Equal<Bearer, BearerContext['bearer']>,
    Equal<Awaited<MaybePromise<Passphrase>>, string | Uint8Array>,
    Equal<HmacAlgorithm, 'HS256' | 'HS384' | 'HS512'>,
    Equal<JwtAlgorithm, HmacAlgorithm | KeyPairAlgorithm>,
    Equal<NamedJwk, PublicKeySet['keys'][number]>,
    Equal<ReturnType<typeof issuer.jwks>, PublicKeySet>,
    Equal<SessionOutputs['token']['create'], TokenPair>,
    Equal<SessionOutputs['token']['refresh'], TokenPair>,
    Equal<SessionInputs['token']['refresh'], { refreshToken: string }>,
    Equal<ReturnType<typeof roleOf>, 'reader' | 'writer' | undefined>,
    Equal<SessionOutputs['sid'], string | undefined>,
    typeof sessionJwt extends SessionControls ? true : false,
    typeof jwt extends SessionControls ? false : true,
    typeof sessionJwt extends JwtIssuer<AnnsClaims, AnnsClaims, { name: string }, true> ? true : false,
    Equal<DeepReadonly<{ a: { b: 1 } }>, { readonly a: { readonly b: 1 } }>,
    '15m' extends Duration ? true : false,
    { sub: 'ann'; role: 'reader' } extends OwnClaims<AnnsClaims> ? true : false,
    Equal<true extends ClaimsFor<AnnsClaims> ? true : false, false>,
    typeof jwt extends JwtTrivial<AnnsClaims, AnnsClaims, Credentials> ? true : false,
    typeof jwt extends JwtVerifier<AnnsClaims> ? true : false,
    typeof jwt.createAccessToken extends CreateAccessToken<AnnsClaims> ? true : false,
  ]
>
