import { useMutation } from '@tanstack/react-query'

import { Call } from './call.tsx'
import { useSession } from './session.ts'
import { SignIn } from './sign-in.tsx'
import { useTRPC, useTRPCClient } from './trpc.ts'

/** Another session of the same user, which can end the first one. */
export function OtherDevice() {
  const trpc = useTRPC()
  const client = useTRPCClient()
  const { claims } = useSession()
  const me = useMutation({ mutationFn: () => client.me.query() })
  const signOutOthers = useMutation(trpc.signOutOthers.mutationOptions())
  return (
    <>
      <p>
        Sign in here as the same user, end the user’s other sessions, and call a procedure on the first device again.
      </p>
      <SignIn />
      {claims && (
        <ul className="calls">
          <Call path="me" requirement="Protected: requires a token." result={me} onCall={() => me.mutate()} />
          <Call
            path="signOutOthers"
            requirement="Protected: ends all your sessions except this one."
            result={signOutOthers}
            onCall={() => signOutOthers.mutate()}
          />
        </ul>
      )}
    </>
  )
}
