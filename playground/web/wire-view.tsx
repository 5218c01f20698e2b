import { useSyncExternalStore } from 'react'

import type { Exchange, Wire } from './wire.ts'

/** Shows requests and answers, the latest first. */
export function WireView({ wire }: { wire: Wire }) {
  const exchanges = useSyncExternalStore(wire.subscribe, () => wire.exchanges)
  return (
    <>
      <p>Requests and their answers, the latest first. Tokens are shortened.</p>
      {exchanges.length === 0 && <p>Nothing yet.</p>}
      <ol aria-label="Requests" className="log">
        {exchanges.map((exchange) => (
          <Row key={exchange.id} {...exchange} />
        ))}
      </ol>
    </>
  )
}

function Row({ device, request, authorization, body, status, challenge, answer }: Exchange) {
  return (
    <li>
      <small>{device}</small>
      <div>
        <strong>{request}</strong>
      </div>
      {authorization !== undefined && <div>Authorization: {authorization}</div>}
      {body !== undefined && <div>{body}</div>}
      <div className={status < 400 ? 'good' : 'bad'}>{status}</div>
      {challenge !== null && <div>WWW-Authenticate: {challenge}</div>}
      <div>{answer}</div>
    </li>
  )
}
