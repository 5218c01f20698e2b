import type { JWTPayload } from 'jose'

import type { Bearer } from '../bearer/create-context.ts'
import type { WebSocketConnection } from '../bearer/websocket-connection.ts'
import { JwtRejection } from '../outcome/rejection.ts'
import type { SignedToken } from './sign-token.ts'

/**
 * Ends a call that issued a token: does `report`, and makes the token the bearer of the call's connection if it is the call's
 * turn. The latest call wins, not the latest answer.
 */
export type Conclude = (access: SignedToken, report: () => void) => Promise<void> | void

/** Concludes a call that came over HTTP. */
export const concludeOverHttp: Conclude = (_access, report) => report()

/**
 * Begins a `token.create` on a connection. If another sign-in or a sign-out begins before it is answered, its session ends, and
 * it is refused: nobody would use its tokens.
 */
export function beginCreate(connection: WebSocketConnection, endSession: (sid: string) => Promise<void>): Conclude {
  const isLast = connection.beginSignIn()
  return async ({ token, payload }, report) => {
    if (isLast()) {
      report()
      return connection.replaceBearer(token)
    }
    if (typeof payload['sid'] === 'string') await endSession(payload['sid']).catch(() => {})
    throw new JwtRejection('not_authorised')
  }
}

/**
 * Begins a `token.refresh` on a connection. Its token becomes the bearer only if the bearer still belongs to the same session,
 * or if there is none. Of two renewals, the one that began later wins.
 *
 * @param verify - returns the payload of a token with a valid signature, though it has expired
 */
export function beginRefresh(
  connection: WebSocketConnection,
  verify: (token: string | undefined) => Promise<JWTPayload>,
): Conclude {
  const renewBearer = connection.beginRenewal()
  const bearer = verify(connection.bearer().token).catch((): JWTPayload => ({}))
  return async ({ token, payload }, report) => {
    const { sid } = await bearer
    report()
    const isFree = connection.bearer().status === 'missing'
    if (isFree || sid === payload['sid']) renewBearer(token)
  }
}

/**
 * Begins a `token.revoke` of a bearer on its connection. Returns a function that removes the bearer from the connection, unless
 * another sign-in replaced it. It may have done so before: a guarded call that waited may call `token.revoke`.
 */
export function beginRevoke({ connection, token }: Bearer): () => void {
  if (!connection || connection.bearer().token !== token) return () => {}
  const isSameSignIn = connection.followSignIn()
  connection.beginSignIn()
  return () => {
    if (isSameSignIn()) connection.replaceBearer(undefined)
  }
}
