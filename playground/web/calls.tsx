import { useMutation } from '@tanstack/react-query'

import { Call } from './call.tsx'
import { useTRPC, useTRPCClient } from './trpc.ts'

/** Calls on demand, each of which shows how it ended: so even the queries are not cached. */
export function Calls() {
  const trpc = useTRPC()
  const client = useTRPCClient()
  const status = useMutation({ mutationFn: () => client.status.query() })
  const me = useMutation({ mutationFn: () => client.me.query() })
  const list = useMutation({ mutationFn: () => client.notes.list.query() })
  const write = useMutation(trpc.notes.write.mutationOptions())
  const exportNotes = useMutation({ mutationFn: () => client.exportNotes.query() })

  return (
    <ul className="calls">
      <Call path="status" guard="Public: anyone may." result={status} onCall={() => status.mutate()} />
      <Call path="me" guard="Protected: whoever has a token." result={me} onCall={() => me.mutate()} />
      <Call path="notes.list" guard="Scope notes:read: Ann and Bob." result={list} onCall={() => list.mutate()} />
      <Call
        path="notes.write"
        guard="Scope notes:write: Ann."
        result={write}
        onCall={() => write.mutate({ title: 'Tea', text: `Written at ${new Date().toLocaleTimeString()}.` })}
      />
      <Call
        path="exportNotes"
        guard="Recent only: signed in at most 10 seconds ago."
        result={exportNotes}
        onCall={() => exportNotes.mutate()}
      />
    </ul>
  )
}
