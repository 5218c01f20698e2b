import { useState } from 'react'

import type { Lifetime } from '../page/lifetimes.ts'
import { Feed } from './feed.tsx'

/** The same subscription over both transports. */
export function Feeds({ lifetime }: { lifetime: Lifetime }) {
  const [renewing, setRenewing] = useState(true)
  return (
    <>
      <p>
        The subscription <code>ticks</code> sends the time each second. It ends when its token expires.
      </p>
      <label>
        <input type="checkbox" checked={renewing} onChange={({ target }) => setRenewing(target.checked)} />
        Renew the token (otherwise a feed ends when the present token expires)
      </label>
      <div className="feeds">
        <Feed name="SSE" transport="sse" lifetime={lifetime} renewing={renewing} />
        <Feed name="WebSocket" transport="websocket" lifetime={lifetime} renewing={renewing} />
      </div>
    </>
  )
}
