import { TRPCError } from '@trpc/server'

import { readAuthorization } from './read-authorization.ts'
import { parseBearer, type ParsedBearer } from './parse-bearer.ts'
import { createWebSocketConnection, socketOf, type WebSocketConnection } from './websocket-connection.ts'

/**
 * The unverified bearer of a request.
 *
 * The token is not enumerable, and logging the bearer prints `[bearer]`.
 */
export interface Bearer extends ParsedBearer {
  /**
   * Whether the bearer belongs to one HTTP request that is no stream, whose calls may then share what was found out for one of
   * them.
   *
   * @internal
   */
  readonly oneRequest?: boolean
  /**
   * The WebSocket connection of the bearer, which may get another token later.
   *
   * @internal
   */
  readonly connection?: WebSocketConnection | undefined
  /**
   * Whether the bearer stays that of one sign-in, also if another user signs in on the connection.
   *
   * @internal
   */
  readonly isOfOneSignIn?: boolean
}

/** The context that protected procedures need: what `createContext` returns. */
export interface BearerContext {
  readonly bearer: Bearer
}

/**
 * Finds the bearer token of a request (RFC 6750 2.1).
 *
 * Accepts what an adapter passes to `createContext`: `{ req }` with Node or fetch headers, AWS Lambda's `{ event }`, or a
 * WebSocket's `info.connectionParams.authorization`. Also accepts a `Request`, `Headers` or `{ headers }`, as server-side
 * callers have them, or nothing. It never throws and never verifies, so public procedures pay almost nothing. It does not read
 * tokens from a query, a body, a cookie or the `connectionParams` of an HTTP request (RFC 9700 4.3.2).
 */
export function createContext(opts?: unknown): BearerContext {
  const parsed = parseBearer(readAuthorization(opts))
  const socket = socketOf(opts)
  if (socket) return { bearer: connectionBearer(createWebSocketConnection(socket, parsed)) }
  return { bearer: fixedBearer(parsed, isOneRequest(opts) ? ofOneRequest : printed) }
}

/** A WebSocket's context lives as long as its connection, and has no URL. A subscription's lives as long as its stream. */
function isOneRequest(opts: unknown): boolean {
  const { info } = (opts ?? {}) as { info?: { url?: unknown; type?: unknown } | null }
  return info?.url != null && info.type !== 'subscription'
}

const print = (): string => '[bearer]'
const printed = { toString: print, toJSON: print, [Symbol.for('nodejs.util.inspect.custom')]: print }
const ofOneRequest: object = Object.create(printed, { oneRequest: { value: true } })

/** Runs for each request. `Object.create` with property descriptors would take three times as long. */
function fixedBearer({ status, token }: ParsedBearer, prototype: object): Bearer {
  const bearer = Object.create(prototype) as { status: Bearer['status'] }
  bearer.status = status
  return Object.defineProperty(bearer, 'token', { value: token })
}

const connectionBearer = (connection: WebSocketConnection, followed?: () => ParsedBearer): Bearer => {
  const read = followed ?? connection.bearer
  return Object.create(printed, {
    status: { get: () => read().status, enumerable: true },
    token: { get: () => read().token },
    connection: { value: connection },
    isOfOneSignIn: { value: followed !== undefined },
  }) as Bearer
}

/**
 * Returns a bearer that stays that of one sign-in: on a WebSocket, another user may sign in while a call runs. It is renewed as
 * that sign-in is.
 */
export function bearerOfOneSignIn(bearer: Bearer): Bearer {
  const { connection } = bearer
  return connection && !bearer.isOfOneSignIn ? connectionBearer(connection, connection.followBearer()) : bearer
}

/**
 * Returns the bearer of a context. tRPC does not check the type of a context when routers are nested, so this does.
 *
 * @throws {TRPCError} that names the missing line, if the context has no bearer
 */
export function bearerOf(ctx: { bearer?: unknown } | null | undefined): Bearer {
  const bearer = ctx?.bearer
  if (typeof bearer === 'object' && bearer !== null && 'status' in bearer) return bearer as Bearer
  throw new TRPCError({
    code: 'INTERNAL_SERVER_ERROR',
    message:
      'A protected procedure got a context without `bearer`. Give your adapter `createContext: jwt.createContext`, ' +
      'or spread `...jwt.createContext(opts)` into the context that you make.',
  })
}
