import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { useEffect, useMemo, useState, type ReactNode } from 'react'
import { createSession } from 'trpc-jwt-trivial/client'

import type { Lifetime } from '../page/lifetimes.ts'
import { createClient } from './client.ts'
import { SessionContext, type Claims } from './session.ts'
import { TRPCProvider } from './trpc.ts'
import type { Wire } from './wire.ts'

interface DeviceProps {
  name: string
  lifetime: Lifetime
  wire: Wire
  children: ReactNode
}

/** A device with its own session, cache and client. An app has one of each, in its `main.tsx`. */
export function Device({ name, lifetime, wire, children }: DeviceProps) {
  const [session] = useState(() => createSession<Claims>({ storage: sessionStorage, key: name }))
  const [queryClient] = useState(
    () => new QueryClient({ defaultOptions: { queries: { retry: false, refetchOnWindowFocus: false } } }),
  )
  const trpcClient = useMemo(
    () => createClient({ lifetime, credentials: session, links: [session.link()], fetch: wire.fetchAs(name) }),
    [lifetime, session, wire, name],
  )

  // The next user must not see the cached answers of the former one.
  useEffect(() => {
    let { signInId } = session
    return session.subscribe(() => {
      if (session.signInId === signInId) return
      signInId = session.signInId
      queryClient.clear()
    })
  }, [session, queryClient])

  return (
    <SessionContext value={session}>
      <QueryClientProvider client={queryClient}>
        <TRPCProvider trpcClient={trpcClient} queryClient={queryClient}>
          {children}
        </TRPCProvider>
      </QueryClientProvider>
    </SessionContext>
  )
}
