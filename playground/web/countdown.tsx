import { useEffect, useState } from 'react'

/** The seconds that are left until a moment. */
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
