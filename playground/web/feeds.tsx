import { useState } from 'react'

import type { Lifetime } from '../page/lifetimes.ts'
import { Feed } from './feed.tsx'

/** The same subscription over both transports. */
export function Feeds({ lifetime }: { lifetime: Lifetime }) {
  const [renewing, setRenewing] = useState(true)
  return (
    <>
      <p>
        <code>ticks</code> says each second’s time, for as long as its token is good.
      </p>
      <label>
        <input type="checkbox" checked={renewing} onChange={({ target }) => setRenewing(target.checked)} />
        Renew the token (without it, what you open ends with the token that you have now)
      </label>
      <div className="feeds">
        <Feed name="SSE" transport="sse" lifetime={lifetime} renewing={renewing} />
        <Feed name="WebSocket" transport="websocket" lifetime={lifetime} renewing={renewing} />
      </div>
    </>
  )
}
