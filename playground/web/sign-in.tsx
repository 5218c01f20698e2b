import { useMutation } from '@tanstack/react-query'
import { useId, useState } from 'react'

import { ann, bob } from '../people.ts'
import { Outcome } from './outcome.tsx'
import { useSession } from './session.ts'
import { useTRPC } from './trpc.ts'

const PEOPLE = [
  { name: 'Ann, who may read and write', credentials: ann },
  { name: 'Bob, who may read', credentials: bob },
]

/** The session's link keeps the tokens that `token.create` returns, so this form need not pass them on. */
export function SignIn() {
  const trpc = useTRPC()
  const { claims } = useSession()
  const signIn = useMutation(trpc.token.create.mutationOptions())
  const signOut = useMutation(trpc.token.revoke.mutationOptions())
  const [credentials, setCredentials] = useState(ann)
  const id = useId()

  return (
    <>
      <p role="status">{claims ? `Signed in as ${claims.name}.` : 'Nobody is signed in.'}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          signIn.mutate(credentials)
        }}
      >
        <fieldset>
          <legend>User</legend>
          {PEOPLE.map((person) => (
            <label key={person.name}>
              <input
                type="radio"
                name={`${id}-person`}
                checked={credentials.email === person.credentials.email}
                onChange={() => setCredentials(person.credentials)}
              />
              {person.name}
            </label>
          ))}
        </fieldset>
        <label>
          Email
          <input
            type="email"
            autoComplete="off"
            required
            value={credentials.email}
            onChange={({ target }) => setCredentials({ ...credentials, email: target.value })}
          />
        </label>
        <label>
          Password, shown since it is no secret here
          <input
            type="text"
            autoComplete="off"
            value={credentials.password}
            onChange={({ target }) => setCredentials({ ...credentials, password: target.value })}
          />
        </label>
        <div className="buttons">
          <button type="submit" disabled={signIn.isPending}>
            Sign in
          </button>
          {claims && (
            <button type="button" disabled={signOut.isPending} onClick={() => signOut.mutate()}>
              Sign out
            </button>
          )}
        </div>
      </form>
      <Outcome of={signIn} say={() => ''} />
    </>
  )
}
