import { TRPCError } from '@trpc/server'

import { clientReasonOf, rejectionTexts, type ClientReason, type RejectionReason } from './rejection-reasons.ts'

/** Marks rejections. All copies of this package share the symbol, and so recognise each other's rejections. */
const REJECTION: unique symbol = Symbol.for('trpc-jwt-trivial.rejection')
/** Where a rejection keeps the error of the store or key server, until `retfunc` was called with it. */
const FAILURE: unique symbol = Symbol.for('trpc-jwt-trivial.failure')

/** What the procedure required: the challenge repeats it. */
interface Requirement {
  readonly scope?: string | undefined
  readonly maxAge?: number | undefined
}

/**
 * The typed rejection of a call: the `cause` of the `TRPCError` that a rejected call ends in.
 *
 * It carries a reason and what the procedure required. It never carries a token, a claim or an error of another library.
 * `instanceof JwtRejection` is also true for the rejections of another copy of this package.
 */
export class JwtRejection extends Error {
  override readonly name = 'JwtRejection'
  /** Why the call was rejected. */
  readonly reason: RejectionReason
  /** The scope that the procedure requires, where the reason is `insufficient_scope`. */
  readonly scope: string | undefined
  /** The greatest age of a sign-in that the procedure accepts, in seconds, where the reason is `too_old`. */
  readonly maxAge: number | undefined

  constructor(reason: RejectionReason, requirement: Requirement = {}) {
    super(`Refused: ${reason}`)
    this.reason = reason
    this.scope = requirement.scope
    this.maxAge = requirement.maxAge
    Object.defineProperty(this, REJECTION, { value: true })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return this === JwtRejection ? isRejection(value) : Function.prototype[Symbol.hasInstance].call(this, value)
  }
}

/** What a rejection says. */
export interface RejectionContent extends Requirement {
  readonly reason: RejectionReason
}

/** What a challenge can repeat without escapes (RFC 6749 3.3, RFC 9110 5.6.4). */
const PLAIN_SCOPE = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/

/**
 * Reads a rejection of this or another copy of the package. Returns undefined for anything else. The other copy may be of
 * another version, so a member that is not as it should be is left out.
 */
export function readRejection(value: unknown): RejectionContent | undefined {
  try {
    const { [REJECTION]: mark, reason, scope, maxAge } = value as Partial<Record<PropertyKey, unknown>>
    if (mark !== true || typeof reason !== 'string') return undefined
    return {
      reason: reason as RejectionReason,
      scope: typeof scope === 'string' && PLAIN_SCOPE.test(scope) ? scope : undefined,
      maxAge: Number.isFinite(maxAge) ? (maxAge as number) : undefined,
    }
  } catch {
    return undefined
  }
}

/** Whether a value is a rejection, of whichever copy of the package. */
export const isRejection = (value: unknown): value is JwtRejection => readRejection(value) !== undefined

/** The rejection of a call whose store or key server failed with an error. Only `retfunc` gets the error. */
export const unavailable = (failure: unknown): JwtRejection =>
  Object.defineProperty(new JwtRejection('unavailable'), FAILURE, { value: failure })

/** The error of the store or key server that a rejection is due to, if it had one. */
export const failureBehind = (rejection: JwtRejection): unknown =>
  (rejection as { readonly [FAILURE]?: unknown })[FAILURE]

const codes: ReadonlyMap<RejectionReason, TRPCError['code']> = new Map([
  ['insufficient_scope', 'FORBIDDEN'],
  ['unavailable', 'SERVICE_UNAVAILABLE'],
])

/** The error that tRPC sends for a rejection: a fixed message. `onError` gets the rejection as its cause. */
export function toTRPCError(rejection: JwtRejection): TRPCError {
  const { reason } = rejection
  return errorWithFixedStack({
    code: codes.get(reason) ?? 'UNAUTHORIZED',
    message: rejectionTexts[clientReasonOf(reason)],
    cause: failureBehind(rejection) === undefined ? rejection : new JwtRejection(reason, rejection),
  })
}

/** Makes an error whose stack says no more than its message, since development builds send the stack. */
export function errorWithFixedStack(options: ConstructorParameters<typeof TRPCError>[0]): TRPCError {
  const error = new TRPCError(options)
  error.stack = `TRPCError: ${error.message}`
  return error
}

/** What `jwtErrorData` adds to an error's `data`. */
export interface JwtErrorData {
  jwt: { reason: ClientReason } | null
}

/**
 * Returns the part of an error that tells the client why the call was rejected: `{ jwt: { reason } }`, or `{ jwt: null }`
 * for all other errors.
 *
 * @example
 * ```ts
 * // the client then reads a typed `error.data.jwt?.reason`
 * initTRPC.create({
 *   errorFormatter: ({ shape, error }) => ({ ...shape, data: { ...shape.data, ...jwtErrorData(error) } }),
 * })
 * ```
 */
export function jwtErrorData(error: TRPCError): JwtErrorData {
  const rejection = readRejection(error.cause)
  return { jwt: rejection ? { reason: clientReasonOf(rejection.reason) } : null }
}
