import { QueryClient } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { useState } from 'react'

import { LIFETIMES } from '../page/lifetimes.ts'
import type { SeenOutcome } from '../page/outcomes.ts'
import { createClient } from './client.ts'
import { holdToken } from './held-token.ts'
import { TRPCProvider, useTRPC } from './trpc.ts'

const SHOWN = 12

/** Shows what `retfunc` gets, with a client of its own that has no token. */
export function ServerSide() {
  const [queryClient] = useState(() => new QueryClient())
  const [client] = useState(() =>
    createClient({ lifetime: LIFETIMES[0], credentials: holdToken(undefined), transport: 'websocket' }),
  )
  return (
    <TRPCProvider trpcClient={client} queryClient={queryClient}>
      <Outcomes />
    </TRPCProvider>
  )
}

function Outcomes() {
  const trpc = useTRPC()
  const [outcomes, setOutcomes] = useState<readonly SeenOutcome[]>([])
  const { status } = useSubscription(
    trpc.outcomes.subscriptionOptions(undefined, {
      onData: ({ data }) => setOutcomes((all) => [data, ...all.filter(({ id }) => id !== data.id)].slice(0, SHOWN)),
    }),
  )
  return (
    <>
      <p>
        The outcomes that <code>retfunc</code> gets, the latest first.{' '}
        {status === 'connecting' && 'Connecting to the server…'}
      </p>
      {outcomes.length === 0 && <p>Nothing yet.</p>}
      <ol aria-label="Outcomes" className="log">
        {outcomes.map(({ id, type, reason, path, sub }) => (
          <li key={id} className={type === 'rejected' ? 'bad' : 'good'}>
            {type} <code>{path}</code>
            {reason !== null && (
              <>
                : <strong>{reason}</strong>
              </>
            )}
            {sub !== null && <small> for {sub}</small>}
          </li>
        ))}
      </ol>
    </>
  )
}
