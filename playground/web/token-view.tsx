import { useQuery } from '@tanstack/react-query'

import { ClaimsTable } from './claims-table.tsx'
import { Countdown } from './countdown.tsx'
import { useSession } from './session.ts'

/** Decodes the token. Everybody who has it can do this: it is signed, not encrypted. */
export function TokenView() {
  const { session, claims } = useSession()
  const { data: token } = useQuery({
    queryKey: ['token', claims?.jti],
    queryFn: async () => (await session.headers()).authorization?.replace('Bearer ', '') ?? null,
    enabled: claims !== null,
  })
  if (!claims || !token) return <p>Sign in to see your token.</p>
  const [header, payload, signature] = token.split('.')
  return (
    <>
      <p className="token" role="group" aria-label="Token" tabIndex={0}>
        <span className="header">{header}</span>.<span className="payload">{payload}</span>.
        <span className="signature">{signature}</span>
      </p>
      <p>
        <Countdown until={Number(claims.exp) * 1_000} />
      </p>
      <ClaimsTable header={decode(header)} claims={claims} />
    </>
  )
}

function decode(part = ''): Record<string, unknown> {
  return JSON.parse(atob(part.replaceAll('-', '+').replaceAll('_', '/'))) as Record<string, unknown>
}
