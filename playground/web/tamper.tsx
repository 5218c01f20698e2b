import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'

import type { Lifetime } from '../page/lifetimes.ts'
import { createClient } from './client.ts'
import { holdToken } from './held-token.ts'
import { Outcome, Refusal } from './outcome.tsx'
import { useSession } from './session.ts'
import { changeAlgorithm, changeClaim, flipCharacter } from './tamper-with.ts'
import type { Wire } from './wire.ts'

interface TamperProps {
  lifetime: Lifetime
  wire: Wire
}

/** Sends a changed token without the session, which would renew a rejected token. */
export function Tamper({ lifetime, wire }: TamperProps) {
  const { session, claims } = useSession()
  const [token, setToken] = useState('')
  const take = useMutation({
    mutationFn: async () => (await session.headers()).authorization?.replace('Bearer ', '') ?? '',
    onSuccess: setToken,
  })
  const send = useMutation({
    mutationFn: (text: string) => {
      const credentials = holdToken(`Bearer ${text.trim()}`)
      return createClient({ lifetime, credentials, fetch: wire.fetchAs('Forger') }).me.query()
    },
  })
  const edits = [
    { name: 'Flip a character', edit: flipCharacter },
    { name: 'Change alg to none', edit: changeAlgorithm },
    { name: 'Change the scope', edit: changeClaim },
  ]

  return (
    <>
      <div className="buttons">
        <button type="button" disabled={!claims} onClick={() => take.mutate()}>
          Take my token
        </button>
        {edits.map(({ name, edit }) => (
          <button key={name} type="button" disabled={token === ''} onClick={() => setToken(edit)}>
            {name}
          </button>
        ))}
      </div>
      {take.error && <Refusal error={take.error} />}
      <label>
        Token to send
        <textarea
          rows={5}
          spellCheck={false}
          autoComplete="off"
          value={token}
          onChange={({ target }) => setToken(target.value)}
        />
      </label>
      <button type="button" disabled={send.isPending || token.trim() === ''} onClick={() => send.mutate(token)}>
        Call me with it
      </button>
      <Outcome of={send} />
      <p>
        A changed token always gets the same message. Only the server knows the reason: see the list of outcomes. A
        token that has merely expired gets the message <q>Token expired</q>.
      </p>
    </>
  )
}
