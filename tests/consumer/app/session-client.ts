import { createTRPCClient, httpBatchLink, type Operation, type TRPCLink, type TRPCWebSocketClient } from '@trpc/client'
import {
  createSession,
  type AuthorizationHeaders,
  type CallsToSend,
  type CreateSessionOptions,
  type EventSourceOptions,
  type Session,
  type SessionLinkOptions,
  type SocketClient,
  type TokenStorage,
} from 'trpc-jwt-trivial/client'

import type { SessionOutputs, SessionRouter } from './sessions.ts'

interface AnnsClaims {
  sub: string
  role: 'reader' | 'writer'
}

const entries = new Map<string, string>()
const storage: TokenStorage = {
  getItem: async (key) => entries.get(key) ?? null,
  setItem: (key, value) => void entries.set(key, value),
  removeItem: (key) => void entries.delete(key),
}
const options: CreateSessionOptions = { storage, key: 'app' }
const linkOptions: SessionLinkOptions = { router: 'token' }

export const session: Session<AnnsClaims> = createSession<AnnsClaims>(options)
export const inTheBrowser = () => createSession({ storage: localStorage })
export const roleOf = () => session.claims?.role
export const headers = (calls?: CallsToSend): Promise<AuthorizationHeaders> => session.headers(calls)
export const eventSourceOptions = (op: Operation): EventSourceOptions => session.eventSourceOptions({ op })
export const socketLink = (client: SocketClient): TRPCLink<SessionRouter> => session.socket(client)
export const wsClientIsOne = (client: TRPCWebSocketClient): SocketClient => client

export const createSessionClient = (url: string) =>
  createTRPCClient<SessionRouter>({
    links: [session.link(linkOptions), httpBatchLink({ url, headers: session.headers })],
  })

/** The link leaves the client's types as they are. */
export const sidOf = async (url: string): Promise<SessionOutputs['sid']> => createSessionClient(url).sid.query()
