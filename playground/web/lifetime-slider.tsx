import { useId } from 'react'

import { LIFETIMES, type Lifetime } from '../page/lifetimes.ts'

interface LifetimeSliderProps {
  lifetime: Lifetime
  onChange: (lifetime: Lifetime) => void
}

/** Chooses one of several APIs, which differ only in the lifetime of their tokens and share their sessions. */
export function LifetimeSlider({ lifetime, onChange }: LifetimeSliderProps) {
  const id = useId()
  const text = inWords(lifetime)
  return (
    <div className="lifetime">
      <label htmlFor={id}>
        Lifetime of tokens: <output>{text}</output>
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
      <small>
        It applies to the next token; sign in again to get one now. The default of the library is 15 minutes.
      </small>
    </div>
  )
}

const inWords = (seconds: number): string =>
  seconds < 60 ? `${seconds} seconds` : seconds === 60 ? 'a minute' : `${seconds / 60} minutes`
