import { TRPCClientError } from '@trpc/client'

import type { PageRouter } from '../page/page-router.ts'

interface Call<Answer> {
  status: 'idle' | 'pending' | 'success' | 'error'
  data: Answer | undefined
  error: unknown
}

interface OutcomeProps<Answer> {
  of: Call<Answer>
  say?: (answer: Answer | undefined) => string
}

/** Shows the outcome of a call. Screen readers announce it. */
export function Outcome<Answer>({
  of: { status, data, error },
  say = (answer) => JSON.stringify(answer) ?? 'Done.',
}: OutcomeProps<Answer>) {
  return (
    <div aria-live="polite" className="outcome">
      {status === 'pending' && <p>Waiting…</p>}
      {status === 'success' && say(data) !== '' && <p className="good">{say(data)}</p>}
      {status === 'error' && <Refusal error={error} />}
    </div>
  )
}

/** Shows the message of an error, and the typed reason, which is for programs. */
export function Refusal({ error }: { error: unknown }) {
  const { message, data } = isTRPCClientError(error) ? error : { message: String(error), data: undefined }
  return (
    <p className="bad">
      {data ? message : `No answer: ${message}`}
      {data && (
        <>
          {' '}
          <code>
            {data.httpStatus} {data.code}
          </code>
        </>
      )}
      {data?.jwt && (
        <>
          , reason <code>{data.jwt.reason}</code>
        </>
      )}
    </p>
  )
}

const isTRPCClientError = (error: unknown): error is TRPCClientError<PageRouter> => error instanceof TRPCClientError
