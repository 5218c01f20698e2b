import { useId, type ComponentProps } from 'react'

import { Outcome } from './outcome.tsx'

interface CallProps {
  path: string
  /** What the procedure requires, in words. */
  requirement: string
  result: ComponentProps<typeof Outcome>['of']
  onCall: () => void
}

/** A procedure, a button that calls it, and the outcome of the last call. */
export function Call({ path, requirement, result, onCall }: CallProps) {
  const id = useId()
  return (
    <li>
      <button type="button" aria-describedby={id} disabled={result.status === 'pending'} onClick={onCall}>
        Call {path}
      </button>
      <span id={id}>{requirement}</span>
      <Outcome of={result} />
    </li>
  )
}
