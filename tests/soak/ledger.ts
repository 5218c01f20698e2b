import { TRPCClientError } from '@trpc/client'

/** What an outage may be an excuse for. */
export type Failure = 'connection lost' | 'SERVICE_UNAVAILABLE: Service unavailable'

/** How a call ends that waited in vain for a renewal. */
const UNANSWERED = 'the renewal was not answered'
/** What a call is told if its token is over and no renewal may be tried. */
const OVER = 'UNAUTHORIZED: Token expired'
/** How long a client tries no renewal after one that failed, and some more, in milliseconds. */
const PAUSE = 5_500

/** A time in which calls may fail in one way, and in no other. */
export interface Outage {
  readonly what: string
  readonly excuses: Failure
  readonly from: number
  to: number
}

/** What a session must be by now. One whose end was asked for, and never answered, may be either. */
export type SessionState = 'live' | 'ended' | 'unsure'

export type Ledger = ReturnType<typeof createLedger>

/** Milliseconds on the one clock that all times of a run are read from. */
export const now = (): number => performance.now()

/** What a client was told: the code and the text of a refusal, or that it was told nothing. */
export function refusalOf(error: unknown): string {
  if (!(error instanceof TRPCClientError)) return `not of tRPC: ${String(error)}`
  if (error.message === 'The renewal was not answered in time') return UNANSWERED
  if (error.shape === undefined) return 'connection lost' satisfies Failure
  return `${(error.data as { code?: string } | undefined)?.code}: ${error.message}`
}

/** Knows what each call must have answered, counts what was as it must be, and keeps what was not. */
export function createLedger() {
  const startedAt = now()
  const counts = new Map<string, number>()
  const outages: Outage[] = []
  const violations: string[] = []
  const sessions = new Map<string, SessionState>()

  function count(what: string, n = 1): void {
    counts.set(what, (counts.get(what) ?? 0) + n)
  }

  const seconds = (at: number): string => `${((at - startedAt) / 1_000).toFixed(1)} s`

  function violation(what: string): void {
    violations.push(`after ${seconds(now())}: ${what}`)
  }

  /** Whether a call that failed was under way in an outage that explains it. */
  function isExcused(refusal: string, since: number): boolean {
    const excused = outages.some(({ excuses, from, to }) => excuses === refusal && from <= now() && since <= to)
    if (excused) count(`excused: ${refusal}`)
    return excused
  }

  /** As `isExcused`, of a client that renews: its renewal may have failed in an outage, and is not tried again at once. */
  function isExcusedToRenew(refusal: string, since: number): boolean {
    if (isExcused(refusal, since)) return true
    const excused = outages.some(({ excuses, from, to }) => {
      const isOfRenewal = refusal === excuses || refusal === UNANSWERED || refusal === OVER
      return isOfRenewal && from <= now() && since <= to + PAUSE
    })
    if (excused) count('excused: a renewal that failed in an outage')
    return excused
  }

  return {
    startedAt,
    counts: counts as ReadonlyMap<string, number>,
    outages: outages as readonly Outage[],
    violations: violations as readonly string[],
    sessions: sessions as ReadonlyMap<string, SessionState>,
    count,
    violation,
    isExcused,
    isExcusedToRenew,
    /** The outages, to compare the times of violations with. */
    outageTimes: () => outages.map(({ what, from, to }) => `after ${seconds(from)}: ${what}, until ${seconds(to)}`),
    /** Announces an outage, until the function that it answers is called. */
    announce(what: string, excuses: Failure): () => void {
      const outage: Outage = { what, excuses, from: now(), to: Number.POSITIVE_INFINITY }
      outages.push(outage)
      return () => {
        outage.to = now()
      }
    },
    /** A call that nothing but an outage may refuse; undefined where one did. */
    async honest<Answer>(what: string, call: () => Promise<Answer>, renews = false): Promise<Answer | undefined> {
      const since = now()
      try {
        const answer = await call()
        count(what)
        return answer
      } catch (error) {
        const refusal = refusalOf(error)
        if (!(renews ? isExcusedToRenew : isExcused)(refusal, since))
          violation(`${what}: an honest user was answered "${refusal}"`)
        return undefined
      }
    },
    /** A call that must be refused by one of these texts, whatever happens: an outage may only keep it from being answered. */
    async refused(what: string, texts: readonly string[], call: () => Promise<unknown>): Promise<void> {
      const since = now()
      try {
        violation(`${what}: ACCEPTED, with ${JSON.stringify(await call())}`)
      } catch (error) {
        const refusal = refusalOf(error)
        if (texts.includes(refusal)) count(what)
        else if (!isExcused(refusal, since)) violation(`${what}: refused by "${refusal}"`)
      }
    },
    began: (sid: string) => void sessions.set(sid, 'live'),
    ended: (sid: string) => void sessions.set(sid, 'ended'),
    unsure: (sid: string) => void sessions.set(sid, 'unsure'),
  }
}
