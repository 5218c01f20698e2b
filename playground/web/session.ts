import { createContext, use, useSyncExternalStore } from 'react'
import type { Session } from 'trpc-jwt-trivial/client'

/** The claims of the app's tokens. */
export interface Claims {
  sub: string
  name: string
  scope: string
}

export const SessionContext = createContext<Session<Claims> | null>(null)

/** Returns the session of the surrounding device and its claims. Renders again when the claims change. */
export function useSession() {
  const session = use(SessionContext)
  if (!session) throw new Error('useSession() must be used inside a <Device>')
  const claims = useSyncExternalStore(session.subscribe, () => session.claims)
  return { session, claims }
}
