import { useMutation, useQueryClient } from '@tanstack/react-query'

import type { Lifetime } from '../page/lifetimes.ts'
import { createClient, type Transport } from './client.ts'
import { holdToken } from './held-token.ts'
import { Refusal } from './outcome.tsx'
import { useSession } from './session.ts'
import { Ticks } from './ticks.tsx'
import { TRPCProvider } from './trpc.ts'

interface FeedProps {
  name: string
  transport: Transport
  lifetime: Lifetime
  renewing: boolean
}

/**
 * Opens the feed with its own client, which either renews the device's session or keeps the token of now. An app has one client
 * for all its feeds.
 */
export function Feed({ name, transport, lifetime, renewing }: FeedProps) {
  const { session } = useSession()
  const queryClient = useQueryClient()
  const open = useMutation({
    mutationFn: async () =>
      renewing
        ? createClient({ lifetime, transport, credentials: session, links: [session.link()] })
        : createClient({ lifetime, transport, credentials: holdToken((await session.headers()).authorization) }),
  })

  return (
    <div role="group" aria-label={`Feed over ${name}`}>
      <h3>Over {name}</h3>
      <div className="buttons">
        <button type="button" onClick={() => open.mutate()}>
          Open {name} feed
        </button>
        {open.data && (
          <button type="button" onClick={() => open.reset()}>
            Close {name} feed
          </button>
        )}
      </div>
      {open.data ? (
        <TRPCProvider key={open.submittedAt} trpcClient={open.data} queryClient={queryClient}>
          <Ticks />
        </TRPCProvider>
      ) : (
        <div role="status">{open.error ? <Refusal error={open.error} /> : <p>Closed.</p>}</div>
      )}
    </div>
  )
}
