import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'

import { Refusal } from './outcome.tsx'
import { useSession } from './session.ts'
import { useTRPC } from './trpc.ts'

interface Renewed {
  jti: unknown
  sid: unknown
  text: string
}

/** Calls each second. The session renews the token before it expires, so no call is rejected. */
export function Renewal() {
  const trpc = useTRPC()
  const { claims } = useSession()
  const [calling, setCalling] = useState(false)
  const me = useQuery(
    trpc.me.queryOptions(undefined, { enabled: calling && claims !== null, refetchInterval: calling && 1_000 }),
  )
  const tokens = useTokens()

  return (
    <>
      <label>
        <input type="checkbox" checked={calling} onChange={({ target }) => setCalling(target.checked)} />
        Call the procedure me every second
      </label>
      <p>
        The first call after about two thirds of the lifetime starts a renewal. Calls wait for it, for one second at
        most while the token is valid. The session does this by itself.
      </p>
      {calling && !claims && <p>It starts when you sign in.</p>}
      {me.error && <Refusal error={me.error} />}
      <ol aria-live="polite" aria-label="Tokens of this session" aria-relevant="additions">
        {tokens.map(({ jti, text }) => (
          <li key={String(jti)}>{text}</li>
        ))}
      </ol>
    </>
  )
}

/** The tokens that the session has had. */
function useTokens(): readonly Renewed[] {
  const { claims } = useSession()
  const [tokens, setTokens] = useState<readonly Renewed[]>([])
  useEffect(() => {
    if (!claims) return
    const { jti, sid, iat, exp } = claims
    setTokens((all) => {
      const former = all.filter((each) => each.sid === sid && each.jti !== jti)
      const how = former.length === 0 ? 'Issued' : 'Renewed'
      return [...former, { jti, sid, text: `${how} at ${clock(iat)}, valid until ${clock(exp)}.` }]
    })
  }, [claims])
  return claims ? tokens : []
}

const clock = (seconds: number | undefined): string => new Date(Number(seconds) * 1_000).toLocaleTimeString()
