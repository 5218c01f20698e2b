import { useSubscription } from '@trpc/tanstack-react-query'
import { useState } from 'react'

import { Refusal } from './outcome.tsx'
import { useTRPC } from './trpc.ts'

const NONE = { last: undefined as number | undefined, count: 0, lost: 0 }

/** The feed: the last event, how many events came, how many were lost at a reconnection, and the error that ended it. */
export function Ticks() {
  const trpc = useTRPC()
  const [seen, setSeen] = useState(NONE)
  const feed = useSubscription(
    trpc.ticks.subscriptionOptions(undefined, {
      onData: ({ data: second }) =>
        setSeen(({ last, count, lost }) => ({
          last: second,
          count: count + 1,
          lost: lost + (last === undefined ? 0 : second - last - 1),
        })),
    }),
  )
  const { last, count, lost } = seen
  return (
    <>
      <div role="status">
        {feed.status === 'error' ? (
          <Refusal error={feed.error} />
        ) : (
          <p>{feed.status === 'pending' ? 'Open.' : 'Opening…'}</p>
        )}
      </div>
      <p>
        {last !== undefined && <time>{new Date(last * 1_000).toLocaleTimeString()}</time>} {count} received, {lost}{' '}
        lost.
      </p>
    </>
  )
}
