import { initTRPC, TRPCError } from '@trpc/server'
import { JwtRejection, type BearerContext, type ProtectedProcedure, type RejectionReason } from 'trpc-jwt-trivial'

const t = initTRPC.context<BearerContext>().create()

interface Verifier<Jwt> {
  createContext: (opts?: unknown) => BearerContext
  protectedProcedure: ProtectedProcedure<Jwt>
  verify: (token: string) => Promise<unknown>
}

/** What a refused call tells: the reason is the server's to know, code and message are the client's. */
export interface Refusal {
  reason: RejectionReason
  code: string
  message: string
}

/** The context of a request that presents `token`, or no credentials at all. */
export function contextWith(jwt: Pick<Verifier<unknown>, 'createContext'>, token?: string): BearerContext {
  return jwt.createContext({ req: { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } } })
}

/** Calls a procedure behind a guard, as a server-side caller does; gives the `ctx.jwt` that it saw. */
export async function callBehind<Jwt>(guard: ProtectedProcedure<Jwt>, ctx: BearerContext): Promise<Jwt> {
  const router = t.router({ whoami: guard.query((opts) => ({ jwt: opts.ctx.jwt })) })
  const { jwt } = await router.createCaller(ctx).whoami()
  return jwt
}

/** Presents `token` to a procedure under `protectedProcedure`. */
export const call = <Jwt>(jwt: Verifier<Jwt>, token?: string): Promise<Jwt> =>
  callBehind(jwt.protectedProcedure, contextWith(jwt, token))

/** The refusal that an attempt must end in. */
export async function refusalOf(attempt: Promise<unknown>): Promise<Refusal> {
  const error: unknown = await attempt.then(
    (answer) => new Error(`was not refused, but answered ${JSON.stringify(answer)}`),
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof TRPCError) || !(error.cause instanceof JwtRejection)) throw error
  return { reason: error.cause.reason, code: error.code, message: error.message }
}

/** The refusal of `token`, which `verify` and a protected procedure must agree on. */
export async function refusal<Jwt>(jwt: Verifier<Jwt>, token: string): Promise<Refusal> {
  const [verified, called] = await Promise.all([refusalOf(jwt.verify(token)), refusalOf(call(jwt, token))])
  if (verified.reason !== called.reason) throw new Error(`verify says ${verified.reason}, a call ${called.reason}`)
  return called
}

/** The refusal whose text is `Invalid token`. */
export const invalid = (reason: RejectionReason): Refusal => ({
  reason,
  code: 'UNAUTHORIZED',
  message: 'Invalid token',
})
