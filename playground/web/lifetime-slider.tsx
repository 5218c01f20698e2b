import { useId } from 'react'

import { LIFETIMES, type Lifetime } from '../page/lifetimes.ts'

interface LifetimeSliderProps {
  lifetime: Lifetime
  onChange: (lifetime: Lifetime) => void
}

/** Picks the API whose tokens live so long: they differ in nothing else, and share their sessions. */
export function LifetimeSlider({ lifetime, onChange }: LifetimeSliderProps) {
  const id = useId()
  const text = inWords(lifetime)
  return (
    <div className="lifetime">
      <label htmlFor={id}>
        Tokens live for <output>{text}</output>
      </label>
      <input
        id={id}
        type="range"
        min={0}
        max={LIFETIMES.length - 1}
        value={LIFETIMES.indexOf(lifetime)}
        aria-valuetext={text}
        onChange={({ target }) => onChange(LIFETIMES[target.valueAsNumber] ?? lifetime)}
      />
      <small>The next token has it: sign in again to have one now. 15 minutes is the default of the library.</small>
    </div>
  )
}

const inWords = (seconds: number): string =>
  seconds < 60 ? `${seconds} seconds` : seconds === 60 ? 'a minute' : `${seconds / 60} minutes`
