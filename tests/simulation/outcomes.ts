import { GRACE_SECONDS } from './server.ts'
import { asksOf, hasFailed, isRefresh, liveAtEnd, sleeps, type Ask, type Evidence } from './evidence.ts'
import { sidOf } from './stored-entry.ts'
import type { Call, Exchange } from './trace.ts'

const isUntouched = ({ schedule, trace }: Evidence): boolean =>
  trace.excuses.length === 0 &&
  !hasFailed({ schedule } as Evidence) &&
  schedule.storage.kind === 'sync' &&
  schedule.locks !== 'silent' && // a lock is waited for longer than a call waits
  schedule.weather.every(({ loss, out, back }) => loss === 'none' && out + back < 3_000)

/** Calls over HTTP of a sign-in that lasted, in a world in which nothing was lost. */
export const undisturbed = (e: Evidence): readonly Call[] =>
  isUntouched(e)
    ? e.trace.calls.filter(({ shown, over, path, tab, n }) => {
        const lasts = shown !== null && liveAtEnd(shown.sid, e) && !e.closed.has(tab)
        const isPlain = over === 'http' && /^(anyone)?(look|act)$/i.test(path)
        const staysShown = e.shownAtEnd.every(({ signIn }) => signIn?.id === shown?.id)
        const fates = e.trace.requests.filter(({ calls }) => calls.includes(n))
        return (
          lasts &&
          isPlain &&
          staysShown &&
          fates.every(({ outcome, server }) => outcome === 'answered' && server === 'api.test')
        )
      })
    : []

/** Calls over HTTP that nobody was named for, and that were answered. */
export const callsOfNobody = ({ schedule, trace }: Evidence): readonly Call[] =>
  trace.calls.filter(
    ({ shown, named, over, path, n }) =>
      shown === null &&
      named.size === 0 &&
      over === 'http' &&
      path.startsWith('anyone') &&
      !path.endsWith('Feed') &&
      schedule.storage.kind !== 'async' &&
      trace.requests.some(({ calls, outcome }) => calls.includes(n) && outcome === 'answered'),
  )

/** Subscriptions of a sign-in that their tab left, and when it did. */
export const leftSubscriptions = ({ closed, trace }: Evidence): readonly { call: Call; leftAt: number }[] =>
  trace.calls.flatMap((call) => {
    if (!call.path.endsWith('eed') || call.shown === null || closed.has(call.tab)) return []
    const left = trace.shown.find(
      ({ tab, at, signIn }) => tab === call.tab && at > call.at && signIn?.id !== call.shown?.id,
    )
    return left ? [{ call, leftAt: left.at }] : []
  })

/** Sign-ins whose answers came while nobody asked for another one, and no stranger wrote. */
export const lonelySignIns = (e: Evidence): readonly Ask[] =>
  asksOf(e).filter(({ call, sid }) => {
    const answer = e.trace.requests.find(({ calls, path }) => path === 'token.create' && calls.includes(call.n))?.answer
    const { settledAt = Number.POSITIVE_INFINITY } = call
    const isAlone = asksOf(e).every(
      ({ call: other }) => other === call || other.at > settledAt || (other.settledAt ?? Infinity) < call.at - 1_000,
    )
    const isOvertaken = e.trace.stored.some(
      ({ tab, at }) =>
        tab === undefined && at <= settledAt && (at >= call.at - 1_000 || e.schedule.storage.kind === 'async'),
    )
    // a tab that has not read the storage cannot know that its clock is behind the time of another tab's sign-in
    const mayBeBehind = e.schedule.storage.kind === 'async' && e.trace.excuses.some(({ why }) => why === 'device clock')
    const isAnswered = sid !== undefined && answer?.includes('refreshToken') === true
    return isAnswered && isAlone && !isOvertaken && !mayBeBehind && !e.closed.has(call.tab)
  })

/** Refresh tokens that were sent once more after the grace, and when the access token beside them was over. */
export function lateRefreshes(e: Evidence): readonly { after: Exchange; overAt: number }[] {
  const { schedule, trace } = e
  if (schedule.storage.kind !== 'sync' || trace.excuses.some(({ why }) => why !== 'role') || sleeps(schedule)) return []
  const firsts = new Map<string, Exchange>()
  return trace.requests.filter(isRefresh).flatMap((after) => {
    const [, token = ''] = /"refreshToken":"([^"]+)"/.exec(after.text) ?? []
    const first = firsts.get(token)
    if (!first) firsts.set(token, after)
    const issued = trace.requests.find(({ answer }) => answer?.includes(token))
    const isEnded = trace.endings.some(({ at, sid }) => sid === sidOf(after.text) && at <= after.at)
    if (!first || issued?.settledAt === undefined || isEnded || after.at - first.at <= GRACE_SECONDS * 1_000) return []
    const overHereAt = issued.settledAt + (schedule.lifetimeSeconds - 1) * 1_000
    const refusedFromAt = (Math.floor((issued.reachedAt ?? issued.at) / 1_000) + schedule.lifetimeSeconds) * 1_000
    return [{ after, overAt: Math.min(overHereAt, refusedFromAt) }]
  })
}
