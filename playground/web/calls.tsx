import { useMutation } from '@tanstack/react-query'

import { Call } from './call.tsx'
import { useTRPC, useTRPCClient } from './trpc.ts'

/** Calls at the press of a button. They are mutations, also the queries, so that no outcome is cached. */
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
      <Call path="status" requirement="Public: no token is required." result={status} onCall={() => status.mutate()} />
      <Call path="me" requirement="Protected: requires a token." result={me} onCall={() => me.mutate()} />
      <Call
        path="notes.list"
        requirement="Requires the scope notes:read: Ann and Bob."
        result={list}
        onCall={() => list.mutate()}
      />
      <Call
        path="notes.write"
        requirement="Requires the scope notes:write: Ann."
        result={write}
        onCall={() => write.mutate({ title: 'Tea', text: `Written at ${new Date().toLocaleTimeString()}.` })}
      />
      <Call
        path="exportNotes"
        requirement="Requires a sign-in at most 10 seconds ago."
        result={exportNotes}
        onCall={() => exportNotes.mutate()}
      />
    </ul>
  )
}
