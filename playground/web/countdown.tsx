import { useEffect, useState } from 'react'

/** Counts the seconds until a time, in milliseconds since 1970. */
export function Countdown({ until }: { until: number }) {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500)
    return () => clearInterval(timer)
  }, [])
  const left = Math.ceil((until - now) / 1_000)
  return (
    <span role="timer" className={left > 0 ? 'good' : 'bad'}>
      {left > 0 ? `Expires in ${left} s.` : 'Expired: the next call renews it.'}
    </span>
  )
}
