import { createContext, use, useSyncExternalStore } from 'react'
import type { Session } from 'trpc-jwt-trivial/client'

/** What the app's tokens say of their bearer. */
export interface Claims {
  sub: string
  name: string
  scope: string
}

export const SessionContext = createContext<Session<Claims> | null>(null)

/** The session of the device around, and its claims: rendered anew whenever they change. */
export function useSession() {
  const session = use(SessionContext)
  if (!session) throw new Error('useSession() can only be used inside of a <Device>')
  const claims = useSyncExternalStore(session.subscribe, () => session.claims)
  return { session, claims }
}
