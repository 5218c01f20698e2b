import type { TRPCLink } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'

import type { SignIn } from './trace.ts'

/** The public face of a session, as far as it is simulated. */
export interface Session {
  link: (options?: { router?: string | null }) => TRPCLink<AnyTRPCRouter>
  socket?: (client: unknown) => TRPCLink<AnyTRPCRouter>
  headers: (opts?: object) => Promise<Record<string, string>>
  connectionParams: () => Promise<{ authorization: string } | null>
  readonly eventSourceOptions: unknown
  readonly signInId?: string | null
  readonly claims: { readonly sid?: string; readonly sub?: string } | null
  subscribe: (listener: () => void) => () => void
  signOut: () => Promise<void>
}

/** `createSession` of the client under test. */
export type CreateSession = (options: { storage: unknown; key: string }) => Session

/** Whom a session shows. */
export function signInOf(session: Session): SignIn | null {
  const { claims } = session
  const id = session.signInId === undefined ? claims?.sid : session.signInId
  return id === null || id === undefined ? null : { id, sid: claims?.sid, sub: claims?.sub }
}
