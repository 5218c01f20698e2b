import { useId, type ComponentProps } from 'react'

import { Outcome } from './outcome.tsx'

interface CallProps {
  path: string
  /** What it demands of its caller, in words. */
  guard: string
  result: ComponentProps<typeof Outcome>['of']
  onCall: () => void
}

/** A procedure, a button to call it, and how the last call ended. */
export function Call({ path, guard, result, onCall }: CallProps) {
  const id = useId()
  return (
    <li>
      <button type="button" aria-describedby={id} disabled={result.status === 'pending'} onClick={onCall}>
        Call {path}
      </button>
      <span id={id}>{guard}</span>
      <Outcome of={result} />
    </li>
  )
}
