import { TRPCError } from '@trpc/server'

import { readAuthorization } from './authorization-header.ts'
import { createWebSocketConnection, socketOf, type WebSocketConnection } from './websocket-connection.ts'
import { parseBearer, type ParsedBearer } from './parse-bearer.ts'

/**
 * What came in the `Authorization` header, unverified.
 *
 * Logging it shows `[bearer]`: the token text is not enumerable.
 */
export interface Bearer extends ParsedBearer {
  /**
   * Whether it came with one HTTP request, and goes with it: what was found out for one call of a batch holds for the others.
   *
   * @internal
   */
  readonly oneRequest?: boolean
  /**
   * The WebSocket connection that it belongs to: its calls may come to carry another token.
   *
   * @internal
   */
  readonly connection?: WebSocketConnection | undefined
}

/** The context that protected procedures need: what `createContext` returns. */
export interface BearerContext {
  readonly bearer: Bearer
}

/**
 * Finds the bearer token of a request (RFC 6750 2.1).
 *
 * Takes what an adapter hands to `createContext`: `{ req }` with Node or fetch headers, `{ event }` of AWS Lambda, a WebSocket's
 * `info.connectionParams.authorization`; or a `Request`, `Headers`, `{ headers }` as a server-side caller has them; or nothing.
 * It never throws and never verifies, so that public procedures pay nothing. Tokens in a query, a body, a cookie or the
 * `connectionParams` of an HTTP request are not looked for (RFC 9700 4.3.2).
 */
export function createContext(opts?: unknown): BearerContext {
  const credentials = parseBearer(readAuthorization(opts))
  const socket = socketOf(opts)
  if (socket) return { bearer: connectionBearer(createWebSocketConnection(socket, credentials)) }
  return { bearer: lastingBearer(credentials, isHttpRequest(opts) ? ofOneRequest : printed) }
}

/** A WebSocket's context lives as long as its connection, and has no URL. */
function isHttpRequest(opts: unknown): boolean {
  const info = typeof opts === 'object' && opts !== null && 'info' in opts ? opts.info : undefined
  return typeof info === 'object' && info !== null && 'url' in info && info.url !== null
}

const print = (): string => '[bearer]'
const printed = { toString: print, toJSON: print, [Symbol.for('nodejs.util.inspect.custom')]: print }
const ofOneRequest: object = Object.create(printed, { oneRequest: { value: true } })

/** Made for each request, and so of the fewest steps: a list of descriptors takes three times as long. */
function lastingBearer({ status, token }: ParsedBearer, prototype: object): Bearer {
  const bearer = Object.create(prototype) as { status: Bearer['status'] }
  bearer.status = status
  return Object.defineProperty(bearer, 'token', { value: token })
}

const connectionBearer = (connection: WebSocketConnection): Bearer =>
  Object.create(printed, {
    status: { get: () => connection.credentials().status, enumerable: true },
    token: { get: () => connection.credentials().token },
    connection: { value: connection },
  }) as Bearer

/**
 * The bearer in a context: tRPC does not check the type of a context when routers are nested.
 *
 * @throws {TRPCError} that names the line that is missing
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
