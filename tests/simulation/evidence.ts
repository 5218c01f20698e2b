import type { Schedule } from './schedule.ts'
import type { Call, Exchange, Rotation, Run, Shown, SignIn, Trace } from './trace.ts'
import { GRACE_SECONDS } from './server.ts'
import { sidOf } from './stored-entry.ts'

/** All that is known of a schedule that is over. */
export interface Evidence {
  readonly schedule: Schedule
  readonly trace: Trace
  /** Whom the tabs that live show at the end. */
  readonly shownAtEnd: readonly { readonly tab: string; readonly signIn: SignIn | null }[]
  readonly closed: ReadonlyMap<string, number>
  readonly waits: readonly { readonly call: number; readonly ms: number }[]
}

const READ_BY_MS = 6_000
const NO_ENTRY = 'text that is no entry'

export const closedTabs = (e: Evidence): ReadonlyMap<string, number> => e.closed
export const callOf = ({ n }: Pick<Run, 'n'>, { trace }: Evidence): Call => trace.calls[n - 1]!

/** Whether a sign-in may be the one of a call. */
export function isOf(sid: string | undefined, call: Call, { schedule, trace }: Evidence): boolean {
  if (call.shown) return sid === call.shown.sid
  if (sid === undefined || call.named.has(sid) || call.over === 'socket') return true
  if (schedule.storage.kind !== 'async') return false
  return trace.stored.some(({ at, text }) => at >= call.at && at <= call.at + READ_BY_MS && sidOf(text) === sid)
}

/** Whether a tab shows again whom it had left. */
export function strayedSids(shown: Shown, { trace }: Evidence): boolean {
  const earlier = trace.shown.filter(({ tab, at }) => tab === shown.tab && at <= shown.at)
  const place = earlier.indexOf(shown)
  return earlier
    .slice(0, Math.max(place - 1, 0))
    .some(({ signIn }) => signIn?.id === shown.signIn?.id && earlier[place - 1]?.signIn?.id !== shown.signIn?.id)
}

export const sleeps = ({ actions }: Schedule): boolean => actions.some(({ action }) => action.do === 'freeze')

/** Whether all tabs share a storage. A tab that sleeps takes a slow one for silent, and does without it. */
const isStored = ({ schedule }: Evidence): boolean =>
  schedule.storage.kind === 'sync' || (schedule.storage.kind === 'async' && !sleeps(schedule))

/** Whether all tabs share a storage that nobody else writes to. */
const isShared = (e: Evidence): boolean =>
  isStored(e) && !e.trace.excuses.some(({ why }) => why === 'odd text' || why === NO_ENTRY)

/** Whom the tabs hold at the end, if that can be told. */
export const finals = (e: Evidence): readonly { tab: string; sid: string | undefined }[] =>
  isShared(e) ? e.shownAtEnd.map(({ tab, signIn }) => ({ tab, sid: signIn?.sid })) : []

/** A call that changes who is signed in. */
export interface Ask {
  readonly call: Call
  /** The session that it began. */
  readonly sid: string | undefined
}

/** The calls that change who is signed in, in their order. */
export const asksOf = ({ trace }: Evidence): readonly Ask[] =>
  trace.calls
    .filter(({ path }) => path === 'token.create' || path === 'token.revoke' || path === 'signOut')
    .map((call) => ({ call, sid: trace.starts.find(({ n }) => n === call.n)?.sid }))

/** The one that was asked for last, if it had an effect that can be told, and its tab lives. */
export function lastAsk(e: Evidence): readonly Ask[] {
  const asks = asksOf(e)
  const last = asks.at(-1)
  if (!last || !isShared(e) || e.closed.has(last.call.tab)) return []
  const isAlone = asks.every(({ call }) => call === last.call || (call.settledAt ?? Infinity) < last.call.at - 1_000)
  const hasMoved = e.trace.excuses.some(({ why }) => why === 'device clock')
  if (hasMoved && !(isAlone && e.schedule.storage.kind === 'sync')) return []
  if (last.call.settledAt === undefined || (last.call.path === 'token.create' && last.call.shownThen === undefined))
    return []
  return asks.some(({ call }) => call !== last.call && last.call.at - call.at <= tieMs(e)) ? [] : [last]
}

/** Before a slow storage has answered, all that is asked for has the time of that answer. */
const tieMs = ({ schedule: { storage } }: Evidence): number => (storage.kind === 'sync' ? 0 : storage.lag)

/** What was asked for after a sign-in, in the same tab, and took effect before its answer came. */
export const overtakers = (call: Call, e: Evidence): readonly Ask[] =>
  asksOf(e).filter(({ call: other }) => {
    const isLater = other.tab === call.tab && other.n > call.n
    const hasEffectAt = other.path === 'token.create' && other.shownThen ? other.settledAt : other.at
    const hasEffect = other.path !== 'token.create' || other.shownThen !== undefined
    return isLater && hasEffect && (hasEffectAt ?? 0) < (call.settledAt ?? 0)
  })

/** Whether the next sign-in came in the same answer. */
export const isReplacedAtOnce = (call: Call, e: Evidence): boolean =>
  asksOf(e).some(({ call: { n, tab, settledAt } }) => n > call.n && tab === call.tab && settledAt === call.settledAt)

/** Sign-ins whose answers reached their tabs, which still live. */
export const answersOf = (e: Evidence): readonly Ask[] =>
  asksOf(e).filter(({ call, sid }) => {
    const request = e.trace.requests.find(({ calls, path }) => path.includes('token.create') && calls.includes(call.n))
    const failed = e.trace.requests.some(
      ({ path, outcome, at }) => path.includes('revoke') && at >= call.at && outcome !== 'answered',
    )
    return (
      sid !== undefined &&
      request?.answer?.includes('refreshToken') === true &&
      !failed &&
      !e.closed.has(call.tab) &&
      !hasFailed(e)
    )
  })

export const hasFailed = ({ schedule }: Evidence): boolean =>
  schedule.actions.some(({ action }) => ['fail store', 'lose network', 'freeze'].includes(action.do))

/** Whether a session is over on the server. */
export const liveAtEnd = (sid: string | undefined, { trace }: Evidence): boolean =>
  sid !== undefined && !trace.endings.some((ending) => ending.sid === sid)

/** A server whose clock goes back refuses tokens of its own. */
export const mayBeRefused = (sid: string | undefined, e: Evidence): boolean =>
  !liveAtEnd(sid, e) || e.trace.excuses.some(({ why }) => why === 'server clock')

export const refreshTokens = ({ trace }: Evidence): readonly string[] =>
  trace.requests.flatMap(({ answer }) =>
    [...(answer ?? '').matchAll(/"refreshToken":"([^"]+)"/g)].map(([, token]) => token!),
  )

export const authorizations = ({ trace }: Evidence): readonly string[] => [
  ...trace.params,
  ...trace.requests.flatMap(({ authorization }) => authorization ?? []),
]

const MISTAKE = /header|ByteString|undefined|not a function|Cannot read|not iterable/i

/** Whether a call failed by a mistake, and not by what the world did. */
export const crashes = ({ error }: Call): boolean => error instanceof Error && MISTAKE.test(error.message)

export const isRefresh = ({ path }: Exchange): boolean => path.split(',').some((name) => name.endsWith('refresh'))

/** Refresh requests of one tab with one refresh token that follow each other. Who moves the clock, hides or sleeps moves the pause. */
export function pairsOfRefreshes({
  schedule,
  trace,
}: Evidence): readonly { first: Exchange; before: Exchange; after: Exchange }[] {
  if (trace.excuses.some(({ why }) => why === 'device clock')) return []
  if (schedule.actions.some(({ action }) => action.do === 'hide' || action.do === 'freeze')) return []
  const sent = new Map<string, Exchange[]>()
  return trace.requests.filter(isRefresh).flatMap((after) => {
    const key = `${after.tab} ${/"refreshToken":"([^"]+)"/.exec(after.text)?.[1]}`
    const all = [...(sent.get(key) ?? []), after]
    sent.set(key, all)
    const [first, before] = [all[0], all.at(-2)]
    return first && before ? [{ first, before, after }] : []
  })
}

/** Whether a refresh that was taken for theft was none that the client could have helped. */
export function excuseOf({ sid, at }: Rotation, e: Evidence): boolean {
  const { trace, closed } = e
  if (!isStored(e)) return true
  if (trace.excuses.some((excuse) => excuse.at <= at && excuse.why !== 'role')) return true
  const isMine = ({ text, answer }: Exchange): boolean => sidOf(text) === sid || sidOf(answer ?? null) === sid
  const refreshes = trace.requests.filter((request) => isRefresh(request) && isMine(request))
  if (refreshes.some((request) => (request.reachedAt ?? request.at) - request.at > 2_000)) return true
  return trace.rotations
    .filter((rotation) => rotation.sid === sid && rotation.at < at && rotation.result === rotation.generation + 1)
    .some(
      ({ at: rotatedAt }) =>
        !refreshes.some(
          ({ tab, answer, settledAt = 0, reachedAt = 0 }) =>
            answer?.includes('refreshToken') &&
            reachedAt >= rotatedAt &&
            settledAt <= rotatedAt + GRACE_SECONDS * 1_000 &&
            (closed.get(tab) ?? Number.POSITIVE_INFINITY) > settledAt + 1_000,
        ),
    )
}

/** The moments when a tab no longer showed anybody. */
export const signOuts = (e: Evidence): readonly { sid: string | undefined; at: number }[] =>
  e.trace.shown.flatMap((shown, index) => {
    if (shown.signIn) return []
    const before = e.trace.shown
      .slice(0, index)
      .filter(({ tab }) => tab === shown.tab)
      .at(-1)?.signIn
    return before ? [{ sid: before.sid, at: shown.at }] : []
  })

/** Whether there was a cause for a sign-out. */
export const causeOfSignOut = ({ sid, at }: { sid: string | undefined; at: number }, e: Evidence): boolean =>
  !isStored(e) ||
  asksOf(e).some((ask) => ask.sid !== sid && ask.call.at <= at && ask.call.at >= askedAt(sid, e) - tieMs(e)) ||
  e.trace.endings.some((ending) => ending.sid === sid && ending.at <= at) ||
  e.trace.excuses.some((excuse) => excuse.at <= at && excuse.why !== NO_ENTRY)

const askedAt = (sid: string | undefined, e: Evidence): number => asksOf(e).find((ask) => ask.sid === sid)?.call.at ?? 0
